import type { Landscape } from '../estimator/landscape.js'
import type { Metrics } from '../estimator/metrics.js'
import type { ModelFacts, Report, TargetEntry } from './report.js'

/** A model on a target as it is. */
export interface ModelProfile {
  readonly tool: Report['tool']
  readonly model: ModelFacts
  readonly target: TargetEntry
  readonly metrics: Metrics
  /** null: it has no dense layer. */
  readonly landscape: Landscape | null
}
