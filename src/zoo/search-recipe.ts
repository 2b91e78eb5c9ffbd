import type { Target } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { FormerNames } from '../passes/architecture/former-names.js'
import type { SearchEntry, SearchedChoice, SearchedEntry, SearchPoint } from '../report/search-entry.js'
import type { Budget } from '../search/budgets.js'
import type { Expert } from '../search/expert/constraint.js'
import { openExpertSpace } from '../search/expert/expert-space.js'
import { weightProxy } from '../search/fidelity/weight-proxy.js'
import { landscapeAround } from '../search/landscape.js'
import type { OpenedSpace, SpacePart } from '../search/open-space.js'
import { budgetsOf, type GuessedAlgorithm, type ScoredCandidate, type SearchRequest } from '../search/request.js'
import { search } from '../search/search.js'
import { recipeOf } from '../search/space/candidate-recipe.js'
import type { Choice } from '../search/space/choice.js'
import { Space } from '../search/space/space.js'
import { defaultLevels } from '../search/space/width-options.js'

/** What to look for, and where. */
export interface SearchOptions {
  readonly algorithm: GuessedAlgorithm
  readonly parts: readonly SpacePart[]
  readonly budgets: readonly Budget[]
  readonly evaluations: number
  /** What an expert allows and likes. */
  readonly expert?: Expert | undefined
}

export interface SearchJob {
  readonly target: Target
  readonly symbols: ReadonlyMap<string, number>
  /** What names from before the exact passes have become. */
  readonly former?: FormerNames | undefined
  readonly seed: number
  readonly timeLimitSeconds?: number | undefined
  readonly onStage?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** The front in a report has at most so many points. */
const mostPoints = 16

/**
 * Searches a model (exact passes applied) for a recipe, without data: costs are estimated, losses guessed. Throws UserError
 * `unreachable` where nothing keeps the budgets.
 */
export async function searchRecipe(
  model: Model,
  { algorithm, parts, budgets, evaluations, expert = { constraints: [] } }: SearchOptions,
  { target, symbols, former, seed, timeLimitSeconds, onStage, signal }: SearchJob,
): Promise<{ readonly recipe: Recipe; readonly entry: SearchEntry }> {
  onStage?.('opening the search space')
  const widths = { kind: 'curated', levels: defaultLevels } as const
  const asked = { parts, widths, binding: { symbols }, signal }
  const { opened, constraints, preferred } = await openExpertSpace(model, target, expert, asked, former)
  // Of closed options too: the report tells what they would lose.
  const losses = preferred(weightProxy(model, new Space(opened.space.choices)))
  onStage?.(`searching ${opened.space.size} candidates`)
  const request = { opened, losses, budgets, algorithm, seed, evaluations, timeLimitSeconds, signal }
  const { original, best, front, dominatedShare, trajectory, proof, reason, evaluations: spent } = await search(request)
  if (best === null) {
    const limits = budgetsOf(request).map(({ figure, atMost }) => `${figure} ${Number(atMost.toPrecision(4))}`)
    const what = `${reason ?? 'nothing was found'} (${limits.join(', ')})`
    throw new UserError('unreachable', '--budget', what, 'allow more, or let --space change more')
  }
  const point = pointIn(opened)
  const entry: SearchedEntry = {
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
    best: point(best),
    front: spread(front).map(point),
    dominatedShare,
    trajectory,
    evaluations: spent,
    proof,
    reason,
    landscape: landscape(request, best),
    ...(constraints.length > 0 && { expert: constraints }),
  }
  return { recipe: recipeOf(opened.space, best.candidate), entry }
}

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
    return { reason, count: alike.length, example: `${decision.alternative} of ${why.place}`, remedy: why.remedy }
  })
}

const landscape = (request: SearchRequest, best: ScoredCandidate): SearchedChoice[] =>
  landscapeAround(request, best).map(({ choice, chosen, others }) => ({
    place: choice.kind === 'block' ? `block "${choice.block}"` : `channels of "${choice.group}"`,
    chosen: optionText(choice, chosen),
    others: others.map(({ option, scored: { latencyMs, loss }, why }) => ({
      option: optionText(choice, option),
      latencyMs,
      loss,
      why,
    })),
  }))

const optionText = (choice: Choice, option: number): string =>
  choice.kind === 'block' ? (choice.decisions[option]?.alternative ?? 'as it is') : String(choice.sizes[option])
