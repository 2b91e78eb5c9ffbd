import { constantOf } from '../constant.js'
import type { Node, Value } from '../graph.js'

/** Which elements of a list of `length` anybody may look at: the ones that Gather and Slice pick, where these say so, else all. */
export function elementsRead(list: Value, length: number): ReadonlySet<number> {
  const all = new Set(Array.from({ length }, (_, i) => i))
  if (list.isGraphOutput || list.isPinned) return all
  const read = new Set<number>()
  for (const user of list.users.keys()) {
    const picked = user.graph === list.graph ? pickedBy(user, list, length) : undefined
    if (picked === undefined) return all
    for (const at of picked) read.add(at < 0 ? at + length : at)
  }
  return read
}

function pickedBy(user: Node, list: Value, length: number): number[] | undefined {
  if (user.inputs[0] !== list || list.users.get(user) !== 1) return undefined
  if (user.is('Gather')) return numbers(user, 1)
  if (!user.is('Slice')) return undefined
  const [start, end] = [user.ints('starts') ?? numbers(user, 1), user.ints('ends') ?? numbers(user, 2)]
  const step = user.inputs[4] === undefined ? [1] : numbers(user, 4)
  if (start?.length !== 1 || end?.length !== 1 || step?.[0] !== 1) return undefined
  return Array.from({ length }, (_, i) => i).slice(start[0]!, end[0]!)
}

function numbers(user: Node, input: number): number[] | undefined {
  const tensor = constantOf(user.inputs[input])
  return tensor === undefined ? undefined : Array.from(tensor.numbers())
}
