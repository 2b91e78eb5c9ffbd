import type { ChoiceLandscape } from './landscape.js'
import type { ScoredCandidate } from './request.js'

/** A candidate that differs from another one in one choice. */
export interface OneChanged extends Pick<ChoiceLandscape, 'choice' | 'chosen'> {
  readonly option: number
  readonly scored: ScoredCandidate
}

/** What every decision of a candidate brings: the candidate without it, everything else as it is. */
export const withoutEach = (landscape: readonly ChoiceLandscape[]): OneChanged[] =>
  landscape.flatMap(({ choice, chosen, others }) =>
    others
      .filter(({ option }) => chosen !== choice.keep && option === choice.keep)
      .map(({ option, scored }) => ({ choice, chosen, option, scored })),
  )

/** Losses are not known better than this. */
const leastLoss = 1e-3

/**
 * The single further change that saves most latency for what it is expected to lose, of those that budgets and experts allow; undefined:
 * none saves any.
 */
export function nextChange(landscape: readonly ChoiceLandscape[], best: ScoredCandidate): OneChanged | undefined {
  const possible = landscape.flatMap(({ choice, chosen, others }) =>
    others
      .filter(({ why }) => why !== 'ruled out' && why !== 'exceeds a budget' && why !== 'not measured')
      .map(({ option, scored }) => ({ choice, chosen, option, scored })),
  )
  const worth = ({ scored: { latencyMs, loss } }: OneChanged) =>
    (best.latencyMs - latencyMs) / (leastLoss + Math.max(0, loss - best.loss))
  const [first] = possible.sort((a, b) => worth(b) - worth(a))
  return first !== undefined && worth(first) > 0 ? first : undefined
}
