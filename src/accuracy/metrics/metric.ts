import type { Labels } from '../data-set.js'
import type { Size } from '../geometry.js'
import type { Outputs } from '../outputs.js'

/** One sample as a metric sees it. */
export interface ScoredSample {
  readonly sample: number
  readonly outputs: Outputs
  /** What the reference model answered, for metrics that need it. */
  readonly reference?: Outputs | undefined
  /** Of the whole set. */
  readonly labels: Labels | undefined
  /** Of the image the model saw. */
  readonly imageSize?: Size | undefined
}

/** The metric over samples of which each counts as often as its weight says: all ones, or a resample of a bootstrap. */
export type Figure = (weights: ArrayLike<number>) => number

/** What a metric knows once it has seen the samples. */
export interface Scored {
  readonly figure: Figure
  /** Of metrics that are a mean: what each sample gave. */
  readonly perSample?: Float64Array
}

export interface Accumulator {
  /** Throws UserError `invalid-data` where outputs or labels are not what the metric is of. */
  add(sample: ScoredSample): void
  scored(): Scored
}

/** A measure of what a model gets right. Samples give contributions, so that intervals can resample samples. */
export interface Metric {
  /** What `--metric` calls it. */
  readonly id: string
  readonly title: string
  /** What it is computed from, in one line. */
  readonly definition: string
  readonly higherIsBetter: boolean
  /** `share`: of 1, shown in percent. */
  readonly unit: 'share' | 'number' | 'decibels' | 'nats'
  readonly needs: Labels['kind'] | 'reference'
  /** Of metrics that need a reference: what the reference scores against itself. */
  readonly perfect?: number
  /** Whether the outputs are of the kind it is about; absent: it says so itself. */
  appliesTo?(outputs: Outputs): boolean
  start(): Accumulator
}

/** A metric that is the mean of what samples give. */
export function meanAccumulator(contribution: (sample: ScoredSample) => number): Accumulator {
  const values: number[] = []
  return {
    add: (sample) => {
      values.push(contribution(sample))
    },
    scored: () => ({ perSample: Float64Array.from(values), figure: (weights) => weightedMean(values, weights) }),
  }
}

function weightedMean(values: readonly number[], weights: ArrayLike<number>): number {
  let sum = 0
  let total = 0
  for (let i = 0; i < values.length; i++) {
    sum += weights[i]! * values[i]!
    total += weights[i]!
  }
  return sum / total
}
