import type { Metrics } from '../estimator/metrics.js'
import { standingOf } from '../estimator/standing.js'
import { ceilingsOf } from '../hw/ceilings.js'
import type { Target } from '../hw/target.js'
import type { TargetEntry } from '../report/report.js'

/** What a report says of its target. `metrics`: what was estimated on it. */
export const targetEntry = (target: Target, metrics: readonly [Metrics, ...Metrics[]]): TargetEntry => ({
  name: target.name,
  kind: target.kind,
  provenance: target.provenance,
  ceilings: ceilingsOf(target, metrics[0].precision) ?? null,
  estimator: standingOf(target, metrics),
})
