import type { Candidate } from '../../estimator/memo-table.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { decisionOf } from '../space/candidate-recipe.js'
import { optionCount } from '../space/choice.js'
import type { Space } from '../space/space.js'

/** What every option by itself is expected to lose; what a candidate loses is their sum. */
export interface Losses {
  readonly source: 'measured' | 'proxy'
  /** What the numbers are, for people. */
  readonly note: string
  /** By choice, by option; 0 for what the model has, infinite for what cannot be had. */
  readonly of: readonly Float64Array[]
}

export function lossOf({ of }: Losses, candidate: Candidate): number {
  let loss = 0
  for (let choice = 0; choice < candidate.length; choice++) loss += of[choice]![candidate[choice]!]!
  return loss
}

/** Every decision counts this much besides: of candidates that lose the same, the one that decides on less is better. */
const decisionLoss = 1e-6

/** Asks for the loss of every open option that changes something, in order. Closed ones cannot be had. */
export const lossesBy = (space: Space, loss: (decision: Decision) => number): Float64Array[] =>
  space.choices.map((choice, i) =>
    Float64Array.from({ length: optionCount(choice) }, (_, option) => {
      const decision = decisionOf(choice, option)
      if (decision === undefined) return 0
      return space.isOpen(i, option) ? loss(decision) + decisionLoss : Number.POSITIVE_INFINITY
    }),
  )
