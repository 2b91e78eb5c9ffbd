import type { Metrics } from '../../estimator/metrics.js'
import type { Model } from '../../ir/graph.js'
import type { AccuracyEntry, DecisionEntry, ModelFacts, Report, VerificationEntry } from '../report.js'

/** One side of a comparison: a report, or a model that was estimated for the purpose. */
export interface Side {
  readonly file: string
  readonly facts: ModelFacts | null
  readonly metrics: Metrics
  /** SHA-256 (hex) of the model whose nodes the origins of kernels name; undefined: the model itself. */
  readonly original?: string
  /** What a recipe changed; nothing of the kind is known of a model without its report. */
  readonly decisions?: readonly DecisionEntry[]
  readonly verification?: VerificationEntry
  readonly accuracy?: SideAccuracy
  /** The graph, where the file is there. */
  readonly model?: Model
}

/** How well a side does on a data set. */
export interface SideAccuracy
  extends Pick<AccuracyEntry, 'metric' | 'title' | 'unit' | 'higherIsBetter' | 'samples' | 'data'> {
  readonly score: number
  /** Against the original of its own report. */
  readonly drop: number
}

/** The side of a report that describes what is in use now: its result when one was written, else the model. */
export function sideOfReport(report: Report, file: string): Side {
  const { result, model, before, after, decisions, verification } = report
  const accuracy = accuracyOf(report)
  const inUse =
    result === null
      ? { facts: model, metrics: before, decisions: [] }
      : { facts: result, metrics: after, decisions, verification }
  return { file, ...inUse, original: model.sha256, ...(accuracy && { accuracy }) }
}

function accuracyOf({ accuracy, result }: Report): SideAccuracy | undefined {
  if (accuracy === null) return undefined
  const { metric, title, unit, higherIsBetter, samples, data, before, after, drop } = accuracy
  return {
    ...{ metric, title, unit, higherIsBetter, samples, data },
    score: result === null ? before : after,
    drop: result === null ? 0 : drop,
  }
}
