import type { KernelShape } from '../hw/shape.js'
import { featureCount, whiteBoxNames, writeFeatures, writeWhiteBoxTerms } from './features.js'

/** Features of the white-box time itself, after those of the shape. */
const priorFeatures = 3

/** The white-box time is never zero. */
const leastMs = 1e-6

/**
 * The white-box part of a kernel's latency: terms of its shape x coefficients, times the rate of its operator. One
 * object serves many calls and holds the results of the last one.
 */
export class WhiteBox {
  /** Milliseconds of the last shape, and the parts of it that are calls and bytes. */
  totalMs = 0
  overheadMs = 0
  memoryMs = 0
  readonly #processors: number
  readonly #coefficients: Float64Array
  readonly #opRates: ReadonlyMap<string, number>
  readonly #terms = new Float64Array(whiteBoxNames.length)

  constructor(processors: number, coefficients: Float64Array, opRates: ReadonlyMap<string, number>) {
    this.#processors = processors
    this.#coefficients = coefficients
    this.#opRates = opRates
  }

  /** Natural logarithm of how much slower than its terms an operator is. */
  rateOf = ({ op }: KernelShape): number => this.#opRates.get(op) ?? 0

  /** Evaluates a shape; returns the logarithm of its milliseconds, the operator's rate included. */
  evaluate(shape: KernelShape): number {
    const terms = this.#terms
    const coefficients = this.#coefficients
    writeWhiteBoxTerms(shape, this.#processors, terms)
    let total = 0
    for (let i = 0; i < terms.length; i++) total += terms[i]! * coefficients[i]!
    this.overheadMs = coefficients[0]!
    this.memoryMs =
      terms[2]! * coefficients[2]! +
      terms[3]! * coefficients[3]! +
      terms[4]! * coefficients[4]! +
      terms[5]! * coefficients[5]!
    this.totalMs = Math.max(total, leastMs)
    return Math.log(this.totalMs) + this.rateOf(shape)
  }

  /** Writes what the trees see of the shape evaluated last to the start of `row`; returns how many numbers. */
  writeRow(shape: KernelShape, row: Float32Array): number {
    const width = writeFeatures(shape, this.#processors, this.rateOf(shape), row)
    row[width] = Math.log(this.totalMs)
    row[width + 1] = this.overheadMs / this.totalMs
    row[width + 2] = (this.totalMs - this.overheadMs - this.memoryMs) / this.totalMs
    return width + priorFeatures
  }
}

export const rowWidth = (shape: KernelShape): number => featureCount(shape) + priorFeatures

/** Rows of the regressors' table, one a shape. */
export function tableOf(shapes: readonly KernelShape[], base: WhiteBox): { table: Float32Array; width: number } {
  const width = shapes.length === 0 ? 0 : rowWidth(shapes[0]!)
  const table = new Float32Array(shapes.length * width)
  const row = new Float32Array(width)
  shapes.forEach((shape, i) => {
    base.evaluate(shape)
    base.writeRow(shape, row)
    table.set(row, i * width)
  })
  return { table, width }
}
