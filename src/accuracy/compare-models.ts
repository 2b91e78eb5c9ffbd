import { type BootstrapOptions, confidence } from './bootstrap.js'
import { compareScores, type ScoreComparison } from './compare-scores.js'
import { type EvaluatedModel, evaluate } from './evaluate.js'
import { type GateVerdict, gate } from './gate.js'
import { metricsFor } from './metrics/index.js'
import type { RunOptions } from './model-outputs.js'

export interface CompareOptions extends RunOptions, BootstrapOptions {
  /** By id; default: what the labels allow, agreement without any. */
  readonly metric?: string | undefined
  /** Largest drop that passes. */
  readonly maxDrop?: number | undefined
}

/** Two models on one data set, by the metric the gate looks at. */
export interface AccuracyComparison extends ScoreComparison {
  readonly data: string
  readonly confidence: number
  readonly gate: GateVerdict
  readonly others: readonly ScoreComparison[]
}

/** Scores `after` against `before` on the same samples: by their labels, else by how far the two agree. */
export async function compareModels(
  before: EvaluatedModel,
  after: EvaluatedModel,
  options: CompareOptions = {},
): Promise<AccuracyComparison> {
  const metrics = metricsFor(before.data.labels, options.metric)
  const isAgreement = metrics[0]!.needs === 'reference'
  const old = isAgreement
    ? undefined
    : await evaluate(before.source, before.model, before.data, { ...options, metrics })
  const now = await evaluate(after.source, after.model, after.data, { ...options, metrics, reference: before })
  const [first, ...others] = now.flatMap((score) => {
    const own = old?.find(({ metric }) => metric === score.metric)
    // What only one of the two could be scored by is no comparison.
    return isAgreement || own !== undefined ? [compareScores(own, score, options)] : []
  })
  const { drop, dropInterval: interval } = first!
  return {
    ...first!,
    data: before.data.source,
    confidence,
    gate: gate({ drop, interval, maxDrop: options.maxDrop }),
    others,
  }
}
