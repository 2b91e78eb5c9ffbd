import type { KernelKind, KernelShape } from '../hw/shape.js'
import type { Precision } from '../hw/target.js'

/**
 * Latency of one operator, interpolated between measured kernels: the logarithm is a linear function of the logarithms
 * of the sizes and a Gaussian process on what is left (Rasmussen and Williams, 2006, algorithm 2.1), with the
 * exponential kernel, whose functions are as rough as latencies are.
 */
export interface OperatorModel {
  readonly op: string
  readonly kind: KernelKind
  readonly precision: Precision
  readonly rows: number
  /** Which features vary in the data; the others are left out of all that follows. */
  readonly features: readonly number[]
  readonly mean: readonly number[]
  /** Intercept first. */
  readonly slopes: readonly number[]
  /** Features of the measured kernels minus their mean, row by row. */
  readonly points: readonly number[]
  readonly weights: readonly number[]
  readonly variance: number
  readonly length: number
  /** Its part of the prediction, from 0 to 1, the rest being the kind's model; both as logarithms. */
  readonly share: number
  /** Half the 90 % interval of the logarithm of both together, from kernels whose relatives were left out. */
  readonly halfWidth: number
  /** Median error of the logarithm on these; NaN as null: too few rows to tell. */
  readonly medianError: number | null
}

const log = (value: number): number => Math.log(Math.max(1, value))

/** Share of a last block of channels that is filling. */
const padding = (size: number, block: number): number => log((Math.ceil(size / block) * block) / Math.max(1, size))

/** What tells the kernels of one operator apart; logarithms throughout. */
export function logFeatures(shape: KernelShape): number[] {
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  return [
    log(shape.inChannels),
    log(shape.outChannels),
    log(shape.inHeight),
    log(shape.inWidth),
    log(shape.outHeight),
    log(shape.outWidth),
    log(shape.kernelHeight),
    log(shape.kernelWidth),
    log(shape.strideHeight),
    log(shape.batch),
    log(shape.groups),
    log(shape.inputBytes),
    log(shape.outputBytes),
    log(shape.weightBytes),
    log(shape.macs),
    log(shape.activations),
    log(shape.runLength),
    log(bytes),
    padding(shape.inChannels, 16),
    padding(shape.outChannels, 16),
    padding(shape.outWidth, 6),
  ]
}

/** How far outside the measured sizes an operator's model is trusted, as a logarithm: twice as large, half as small. */
const margin = Math.log(2)

/** An operator's model, ready to be asked. */
export class OperatorPredictor {
  readonly model: OperatorModel
  readonly #points: Float64Array
  readonly #weights: Float64Array
  readonly #low: Float64Array
  readonly #high: Float64Array

  constructor(model: OperatorModel) {
    this.model = model
    this.#points = Float64Array.from(model.points)
    this.#weights = Float64Array.from(model.weights)
    const width = model.features.length
    this.#low = new Float64Array(width).fill(Number.POSITIVE_INFINITY)
    this.#high = new Float64Array(width).fill(Number.NEGATIVE_INFINITY)
    model.points.forEach((value, i) => {
      this.#low[i % width] = Math.min(this.#low[i % width]!, value)
      this.#high[i % width] = Math.max(this.#high[i % width]!, value)
    })
  }

  latencyMs(shape: KernelShape): number {
    return Math.exp(this.logLatency(shape))
  }

  /** Whether a kernel is among what was measured, or near: beyond, slopes lead anywhere. */
  covers(shape: KernelShape): boolean {
    const { features, mean } = this.model
    const all = logFeatures(shape)
    return features.every((feature, k) => {
      const value = all[feature]! - mean[k]!
      return value >= this.#low[k]! - margin && value <= this.#high[k]! + margin
    })
  }

  /** Natural logarithm of milliseconds. */
  logLatency(shape: KernelShape): number {
    const { features, mean, slopes, variance, length } = this.model
    const all = logFeatures(shape)
    const width = features.length
    const query = new Float64Array(width)
    let value = slopes[0]!
    for (let k = 0; k < width; k++) {
      query[k] = all[features[k]!]! - mean[k]!
      value += slopes[k + 1]! * query[k]!
    }
    for (let i = 0; i < this.#weights.length; i++) {
      let distance = 0
      for (let k = 0; k < width; k++) distance += (query[k]! - this.#points[i * width + k]!) ** 2
      value += variance * Math.exp(-Math.sqrt(distance) / length) * this.#weights[i]!
    }
    return value
  }
}

export const operatorKey = ({ op, kind, precision }: Pick<KernelShape, 'op' | 'kind' | 'precision'>): string =>
  `${op}/${kind}/${precision}`
