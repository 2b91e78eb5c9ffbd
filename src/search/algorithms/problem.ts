import type { Candidate } from '../../estimator/memo-table.js'
import type { Space } from '../space/space.js'

/** What a search minimises: several objectives at once, under budgets. */
export interface Problem {
  readonly space: Space
  readonly objectiveCount: number
  /** Writes the objectives of a candidate to `into`. Gives by how much it exceeds the budgets; 0: it keeps them. */
  readonly evaluate: (candidate: Candidate, into: Float64Array) => number
}

/** A candidate and what it is worth. */
export interface Individual {
  readonly candidate: Candidate
  /** To be minimised. */
  readonly objectives: Float64Array
  /** 0: all budgets are kept. */
  readonly violation: number
}

export function individual({ evaluate, objectiveCount }: Problem, candidate: Candidate): Individual {
  const objectives = new Float64Array(objectiveCount)
  const violation = evaluate(candidate, objectives)
  return { candidate, objectives, violation }
}

/** No worse in any objective, and better in one. */
export function dominates(a: Float64Array, b: Float64Array): boolean {
  let isBetter = false
  for (let i = 0; i < a.length; i++) {
    if (a[i]! > b[i]!) return false
    if (a[i]! < b[i]!) isBetter = true
  }
  return isBetter
}

/** Who keeps budgets beats who does not; of those that do not the one that exceeds them less. Source: Deb et al. 2002. */
export function constrainedDominates(a: Individual, b: Individual): boolean {
  if (a.violation !== b.violation) return a.violation < b.violation
  return dominates(a.objectives, b.objectives)
}

/** The same for one objective; negative: `a` is better. */
export const compareSingle = (a: Individual, b: Individual): number =>
  a.violation - b.violation || a.objectives[0]! - b.objectives[0]!
