import type { Target } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { FormerNames } from '../passes/architecture/former-names.js'
import type { SearchedEntry } from '../report/search-entry.js'
import type { Budget } from '../search/budgets.js'
import type { Expert } from '../search/expert/constraint.js'
import { openExpertSpace } from '../search/expert/expert-space.js'
import { weightProxy } from '../search/fidelity/weight-proxy.js'
import type { SpacePart } from '../search/open-space.js'
import { budgetsOf, type GuessedAlgorithm, type SearchAlgorithm } from '../search/request.js'
import { search } from '../search/search.js'
import { recipeOf } from '../search/space/candidate-recipe.js'
import { Space } from '../search/space/space.js'
import { defaultLevels } from '../search/space/width-options.js'
import { searchedEntry } from './searched-entry.js'

/** Candidates that an evolution may score. */
export const defaultEvaluations = 100_000

/** What to look for, and where. */
export interface SearchOptions {
  readonly algorithm: SearchAlgorithm
  readonly parts: readonly SpacePart[]
  readonly budgets: readonly Budget[]
  /** Candidates that are scored, or built; default: what the algorithm needs. */
  readonly evaluations?: number | undefined
  /** Nobody asked for it by name: data were given, and no recipe. */
  readonly isDefault?: boolean | undefined
  /** Ends a search on data with the best so far. */
  readonly stop?: AbortSignal | undefined
  /** The same after so long. */
  readonly seconds?: number | undefined
  /** Where measurements of a search on data are kept; default: the user's cache. */
  readonly cache?: string | undefined
  /** Whether what was measured before counts; default: it does. */
  readonly resume?: boolean | undefined
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

/**
 * The space of a model, what an expert said of it, and guesses of what options lose: of closed ones too, since the report tells
 * what they would.
 */
export async function openedFor(
  model: Model,
  { parts, expert = { constraints: [] } }: SearchOptions,
  { target, symbols, former, onStage, signal }: SearchJob,
) {
  onStage?.('opening the search space')
  const widths = { kind: 'curated', levels: defaultLevels } as const
  const asked = { parts, widths, binding: { symbols }, signal }
  const { opened, constraints, preferred } = await openExpertSpace(model, target, expert, asked, former)
  return { opened, constraints, losses: preferred(weightProxy(model, new Space(opened.space.choices))) }
}

/**
 * Searches a model (exact passes applied) for a recipe, without data: costs are estimated, losses guessed. Throws UserError
 * `unreachable` where nothing keeps the budgets.
 */
export async function searchRecipe(
  model: Model,
  options: SearchOptions & { readonly algorithm: GuessedAlgorithm },
  job: SearchJob,
): Promise<{ readonly recipe: Recipe; readonly entry: SearchedEntry }> {
  const { algorithm, parts, budgets, evaluations = defaultEvaluations } = options
  const { seed, timeLimitSeconds, onStage, signal } = job
  const { opened, constraints, losses } = await openedFor(model, options, job)
  onStage?.(`searching ${opened.space.size} candidates`)
  const request = { opened, losses, budgets, algorithm, seed, evaluations, timeLimitSeconds, signal }
  const outcome = await search(request)
  const { best, reason } = outcome
  if (best === null) throw nothingKeeps(budgetsOf(request), reason)
  const entry = searchedEntry({ ...request, parts, constraints }, outcome)
  return { recipe: recipeOf(opened.space, best.candidate), entry }
}

export function nothingKeeps(budgets: readonly Budget[], reason: string | null): UserError {
  const limits = budgets.map(({ figure, atMost }) => `${figure} ${Number(atMost.toPrecision(4))}`)
  const what = `${reason ?? 'nothing was found'} (${limits.join(', ')})`
  return new UserError('unreachable', '--budget', what, 'allow more, or let --space change more')
}
