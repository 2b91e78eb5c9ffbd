import { readFileSync, writeFileSync } from 'node:fs'
import { machine } from './machine.mjs'

/** Adds a case to a file of results, in place of what it was before; `keyOf` tells cases apart, `order` has all keys. */
export function addCase(file, entry, keyOf, order) {
  let known = { cases: [] }
  try {
    known = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // The first case of all.
  }
  const others = known.cases.filter((each) => keyOf(each) !== keyOf(entry))
  const cases = [...others, entry].sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)))
  writeFileSync(file, `${JSON.stringify({ machine: machine(), cases }, null, 2)}\n`)
}
