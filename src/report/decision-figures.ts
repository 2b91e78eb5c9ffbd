import type { Metrics } from '../estimator/metrics.js'
import type { DecisionFigures } from './report.js'

/** The figures of a model by which decisions are compared. */
export const figuresOfDecision = ({ latencyMs, macs, parameters, peakActivationBytes }: Metrics): DecisionFigures => ({
  latencyMs,
  macs,
  parameters,
  peakActivationBytes,
})
