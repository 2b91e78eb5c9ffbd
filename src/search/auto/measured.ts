import type { Fidelity } from '../../tune/fidelity.js'
import type { ScoredCandidate } from '../request.js'

/**
 * How much work a candidate that is built gets: next to none, its weights being those that options were fitted to by themselves;
 * little, to choose among many; or as much as one that is written.
 */
export type Rung = 'inherited' | 'brief' | 'full'

/** A candidate that was built and run; `loss` is what it lost. */
export interface BuiltCandidate extends ScoredCandidate {
  readonly rung: Rung
  /** What the metric is expected to drop by. */
  readonly drop: number
}

/**
 * What a model lost, smooth enough to be added up: nats between class shares, for other outputs 1 less the cosine. Drops of a
 * metric are steps of a sample each.
 */
export const lossIn = ({ kl, cosine }: Fidelity): number => Math.max(0, kl ?? 1 - cosine)

/**
 * What the task's metric is expected to drop by. Of classifiers as the original's own scores have it: labels of a few hundred
 * samples say less. Without labels of what is no classifier, 1 less the cosine of outputs.
 */
export function dropIn({ expectedDrop, metric, cosine }: Fidelity): number {
  if (expectedDrop !== null) return expectedDrop
  return metric === null ? 1 - cosine : metric.before - metric.after
}

/** A brief fit drops more than one with all effort: up to so many times. */
export const briefSlack = 3
