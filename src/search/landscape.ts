import { type Budget, violationOf } from './budgets.js'
import { budgetsOf, type ScoredCandidate, type SearchRequest, scored } from './request.js'
import type { Choice } from './space/choice.js'
import { keyOf, Space } from './space/space.js'

/** A choice, what was chosen, and what each other option would come to with everything else as it is. */
export interface ChoiceLandscape {
  readonly choice: Choice
  readonly chosen: number
  readonly others: readonly { readonly option: number; readonly scored: ScoredCandidate; readonly why: Rejection }[]
}

/**
 * Why an option was not taken. `ruled out`: it is closed. `not measured`: by itself it saves nothing that is worth it, or the model
 * declines it. `missed`: it is better in both, and a search that proves nothing did not
 * see it.
 */
export type Rejection =
  | 'ruled out'
  | 'not measured'
  | 'exceeds a budget'
  | 'loses more'
  | 'slower'
  | 'no better'
  | 'missed'

/** What lies around a candidate. Choices whose options make no difference to it are left out. */
export function landscapeAround(
  request: Pick<SearchRequest, 'opened' | 'losses' | 'budgets'>,
  best: ScoredCandidate,
): ChoiceLandscape[] {
  const { space } = request.opened
  const everything = new Space(space.choices)
  const budgets = budgetsOf(request)
  return space.choices.flatMap((choice, i) => {
    const others = Array.from({ length: space.optionCounts[i]! }, (_, option) => option).flatMap((option) => {
      const candidate = everything.with(best.candidate, i, option)
      if (option === best.candidate[i] || keyOf(candidate) === keyOf(best.candidate)) return []
      const found = scored(request, candidate)
      return [{ option, scored: found, why: space.isOpen(i, option) ? rejection(found, best, budgets) : 'ruled out' }]
    })
    return others.length === 0 ? [] : [{ choice, chosen: best.candidate[i]!, others }]
  })
}

function rejection(other: ScoredCandidate, best: ScoredCandidate, budgets: readonly Budget[]): Rejection {
  if (violationOf(other, budgets) > 0) return 'exceeds a budget'
  if (!Number.isFinite(other.loss)) return 'not measured'
  if (other.loss > best.loss) return 'loses more'
  if (other.latencyMs > best.latencyMs) return 'slower'
  return other.loss === best.loss && other.latencyMs === best.latencyMs ? 'no better' : 'missed'
}
