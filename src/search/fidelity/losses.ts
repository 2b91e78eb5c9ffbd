import type { Candidate } from '../../estimator/memo-table.js'
import type { Decision } from '../../passes/architecture/decision.js'
import type { Choice } from '../space/choice.js'
import type { Space } from '../space/space.js'

/** What every option by itself is expected to lose; what a candidate loses is their sum. */
export interface Losses {
  readonly source: 'measured' | 'proxy'
  /** What the numbers are, for people. */
  readonly note: string
  /** By choice, by option; 0 for what the model has. */
  readonly of: readonly Float64Array[]
}

export function lossOf({ of }: Losses, candidate: Candidate): number {
  let loss = 0
  for (let choice = 0; choice < candidate.length; choice++) loss += of[choice]![candidate[choice]!]!
  return loss
}

/**
 * Losses from noise that was measured for each decision by itself. `sum`: noise adds up, as it does while it is small and
 * independent. `log`: what it adds to the logarithm of 1 + noise, so that one hopeless option is not outweighed by all others.
 */
export function measuredLosses(
  space: Space,
  noiseOf: (decision: Decision) => number,
  combination: 'sum' | 'log',
): Losses {
  return {
    source: 'measured',
    note: `noise to signal of each decision by itself, added up${combination === 'log' ? ' in logarithms of 1 + noise' : ''}`,
    of: lossesBy(space, (_, decision) => {
      const noise = noiseOf(decision)
      return combination === 'sum' ? noise : Math.log1p(noise)
    }),
  }
}

/** Every decision counts this much besides: of candidates that lose the same, the one that decides on less is better. */
const decisionLoss = 1e-6

/** Asks for the loss of every option that changes something. */
export function lossesBy({ choices }: Space, loss: (choice: Choice, decision: Decision) => number): Float64Array[] {
  return choices.map((choice) => {
    const decisions: readonly (Decision | undefined)[] =
      choice.kind === 'block'
        ? choice.decisions
        : choice.sizes.map((size, option) =>
            option === choice.keep ? undefined : { kind: 'width', group: choice.group, size },
          )
    return Float64Array.from(decisions, (decision) =>
      decision === undefined ? 0 : loss(choice, decision) + decisionLoss,
    )
  })
}
