import { type BootstrapOptions, type Interval, percentileInterval, resampled } from './bootstrap.js'
import type { Score } from './evaluate.js'
import { type Mcnemar, mcnemar } from './mcnemar.js'
import type { Metric } from './metrics/metric.js'

/** A score with the interval that its samples leave open. */
export interface ScoreSummary {
  readonly metric: string
  readonly title: string
  readonly unit: Metric['unit']
  readonly higherIsBetter: boolean
  readonly samples: number
  readonly value: number
  readonly interval: Interval
}

/** Two models on the same samples. Intervals hold 95 %; infinite figures become null in JSON. */
export interface ScoreComparison {
  readonly metric: string
  readonly title: string
  readonly unit: Metric['unit']
  readonly higherIsBetter: boolean
  readonly samples: number
  readonly before: number
  readonly beforeInterval: Interval
  readonly after: number
  readonly afterInterval: Interval
  /** By how much `after` is worse; negative where it is better. */
  readonly drop: number
  /** Paired: both models on the same resamples. */
  readonly dropInterval: Interval
  /** Of metrics that are right or wrong by sample. */
  readonly mcnemar?: Mcnemar
}

const headOf = ({ metric: { id, title, unit, higherIsBetter }, samples }: Score) => ({
  metric: id,
  title,
  unit,
  higherIsBetter,
  samples,
})

export function summarize(score: Score, options: BootstrapOptions = {}): ScoreSummary {
  const [values] = resampled([score.figure], score.samples, options)
  return { ...headOf(score), value: score.value, interval: percentileInterval(values!) }
}

/**
 * The drop from one score to another of the same samples, with its paired interval. Metrics of agreement score the result
 * alone: the reference agrees with itself, whatever is drawn, so `before` is left out.
 */
export function compareScores(
  before: Score | undefined,
  after: Score,
  options: BootstrapOptions = {},
): ScoreComparison {
  const { metric, samples } = after
  const perfect = metric.perfect ?? Number.NaN
  const figures = [after.figure, ...(before === undefined ? [] : [before.figure])]
  const [afterValues, beforeValues] = resampled(figures, samples, options)
  // Two infinite ones are equal too.
  const dropOf = (old: number, now: number) => (old === now ? 0 : metric.higherIsBetter ? old - now : now - old)
  const value = before?.value ?? perfect
  return {
    ...headOf(after),
    before: value,
    beforeInterval: beforeValues === undefined ? [perfect, perfect] : percentileInterval(beforeValues),
    after: after.value,
    afterInterval: percentileInterval(afterValues!),
    drop: dropOf(value, after.value),
    dropInterval: percentileInterval(afterValues!.map((now, i) => dropOf(beforeValues?.[i] ?? perfect, now))),
    ...pairs(before, after),
  }
}

function pairs(before: Score | undefined, after: Score): { readonly mcnemar?: Mcnemar } {
  if (after.metric.needs !== 'classes' || before?.perSample === undefined || after.perSample === undefined) return {}
  return { mcnemar: mcnemar(before.perSample, after.perSample) }
}
