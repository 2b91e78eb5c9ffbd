import { whiteBoxNames, writeWhiteBoxTerms } from '../features.js'
import type { Measurement } from '../table/fields.js'
import { WhiteBox } from '../white-box.js'
import { nonNegativeFit } from './non-negative-fit.js'
import { median } from './statistics.js'

/** A fitted white box and the numbers it is made of. */
export interface FittedWhiteBox {
  readonly base: WhiteBox
  readonly coefficients: Float64Array
  readonly opRates: ReadonlyMap<string, number>
}

/** Coefficients of the white-box terms, and how much slower than they say each operator is. */
export function fitWhiteBox(rows: readonly Measurement[], processors: number): FittedWhiteBox {
  const terms = new Float64Array(whiteBoxNames.length)
  const coefficients = nonNegativeFit(
    rows.length,
    whiteBoxNames.length,
    (row) => {
      writeWhiteBoxTerms(rows[row]!, processors, terms)
      return terms
    },
    Float64Array.from(rows, ({ latencyMs }) => latencyMs),
  )
  const plain = new WhiteBox(processors, coefficients, new Map())
  const ratios = new Map<string, number[]>()
  for (const row of rows) {
    const ratio = Math.log(row.latencyMs) - plain.evaluate(row)
    const list = ratios.get(row.op)
    if (list === undefined) ratios.set(row.op, [ratio])
    else list.push(ratio)
  }
  const opRates = new Map<string, number>()
  for (const [op, list] of ratios) {
    // Few rows of an operator say little about it: its rate is drawn towards 0. A single operator is what the terms say.
    opRates.set(op, ratios.size === 1 ? 0 : (median(list) * list.length) / (list.length + 3))
  }
  return { base: new WhiteBox(processors, coefficients, opRates), coefficients, opRates }
}
