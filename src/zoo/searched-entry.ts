import type {
  ChangedPoint,
  CoResidents,
  SearchedChoice,
  SearchedEntry,
  SearchPoint,
  StartingPoint,
} from '../report/search-entry.js'
import type { BuiltCandidate } from '../search/auto/measured.js'
import type { SharedMemory } from '../search/co-residents.js'
import { type ChoiceLandscape, landscapeAround } from '../search/landscape.js'
import { nextChange, type OneChanged, withoutEach } from '../search/marginals.js'
import type { OpenedSpace, SpacePart } from '../search/open-space.js'
import { budgetsOf, type ScoredCandidate, type SearchOutcome, type SearchRequest, scored } from '../search/request.js'
import { recipeOf } from '../search/space/candidate-recipe.js'
import { decisionText, optionText, placeText } from './choice-text.js'

/** The front in a report has at most so many points. */
const mostPoints = 16

/** What was asked of a search besides budgets, and what became of it. */
export interface SearchAccount extends Pick<SearchedEntry, 'origin'> {
  readonly parts: readonly SpacePart[]
  readonly constraints: NonNullable<SearchedEntry['expert']>
  readonly shared: SharedMemory | undefined
  readonly begin: StartingPoint | undefined
}

export interface ReportedSearch extends Pick<SearchRequest, 'opened' | 'losses' | 'budgets' | 'seed'> {
  readonly account: SearchAccount
  /** Of a search on data. */
  readonly built?: readonly BuiltCandidate[] | undefined
}

/** What a search did, for reports. */
export function searchedEntry(request: ReportedSearch, outcome: SearchOutcome): SearchedEntry {
  const { opened, losses, seed, account, built } = request
  const { parts, constraints, shared, begin, origin } = account
  const { algorithm, original, best, front, dominatedShare, trajectory, proof, reason, evaluations } = outcome
  const point = pointIn(opened)
  // Expected losses all of them, those of the best too: what was measured of it is not what sums of options are compared with.
  const around = scored(request, (best ?? original).candidate)
  const landscape = landscapeAround(request, around)
  const without = withoutEach(landscape)
  const next = nextChange(landscape, around)
  const changed = changedFrom(around)
  return {
    algorithm,
    seed,
    space: {
      parts,
      choices: opened.space.choices.length,
      candidates: String(opened.space.size),
      approximation: opened.approximation ?? null,
      declined: declinedOptions(opened),
    },
    budgets: budgetsOf(request).map(({ figure, atMost }) => ({ figure, atMost })),
    losses: { source: losses.source, note: losses.note },
    original: point(original),
    best: point(best ?? original),
    front: spread(front).map(point),
    dominatedShare,
    trajectory,
    evaluations,
    proof,
    reason,
    landscape: landscape.map(choiceEntry),
    ...(without.length > 0 && { without: without.map(changed) }),
    ...(next !== undefined && { next: changed(next) }),
    ...(origin !== undefined && { origin }),
    ...(constraints.length > 0 && { expert: constraints }),
    ...(shared !== undefined && { coResidents: entryOf(shared) }),
    ...(begin !== undefined && { start: { taken: begin.taken, left: begin.left } }),
    ...(built !== undefined && {
      built: built.map((each) => ({ ...point(each), rung: each.rung, drop: each.drop })),
    }),
  }
}

const entryOf = ({ deviceBytes, source, models, left }: SharedMemory): CoResidents => ({
  deviceBytes,
  source,
  models,
  left,
})

const pointIn =
  ({ space }: OpenedSpace) =>
  ({ latencyMs, energyMj, weightBytes, peakBytes, loss, candidate }: ScoredCandidate): SearchPoint => ({
    latencyMs,
    energyMj,
    weightBytes,
    peakActivationBytes: peakBytes,
    loss,
    decisions: recipeOf(space, candidate).decisions,
  })

/** Evenly from end to end. */
function spread<Item>(items: readonly Item[]): Item[] {
  if (items.length <= mostPoints) return [...items]
  return Array.from({ length: mostPoints }, (_, i) => items[Math.round((i * (items.length - 1)) / (mostPoints - 1))]!)
}

function declinedOptions({ declined }: OpenedSpace): SearchedEntry['space']['declined'] {
  const reasons = [...new Set(declined.map(({ why }) => why.reason))].sort()
  return reasons.map((reason) => {
    const alike = declined.filter(({ why }) => why.reason === reason)
    const [{ decision, why }] = alike as [(typeof alike)[number]]
    return { reason, count: alike.length, example: `${decisionText(decision)} of ${why.place}`, remedy: why.remedy }
  })
}

const choiceEntry = ({ choice, chosen, others }: ChoiceLandscape): SearchedChoice => ({
  place: placeText(choice),
  chosen: optionText(choice, chosen),
  others: others.map(({ option, scored: { latencyMs, loss }, why }) => ({
    option: optionText(choice, option),
    latencyMs,
    loss: Number.isFinite(loss) ? loss : null,
    why,
  })),
})

const changedFrom =
  (best: ScoredCandidate) =>
  ({
    choice,
    chosen,
    option,
    scored: { latencyMs, energyMj, weightBytes, peakBytes, loss },
  }: OneChanged): ChangedPoint => ({
    place: placeText(choice),
    chosen: optionText(choice, chosen),
    option: optionText(choice, option),
    latencyMs,
    energyMj,
    weightBytes,
    peakActivationBytes: peakBytes,
    lossChange: Number.isFinite(loss - best.loss) ? loss - best.loss : null,
  })
