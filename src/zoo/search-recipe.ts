import type { Candidate } from '../estimator/memo-table.js'
import type { Target } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { FormerNames } from '../passes/architecture/former-names.js'
import { originOf } from '../passes/architecture/origin.js'
import type { SearchedEntry } from '../report/search-entry.js'
import type { Budget } from '../search/budgets.js'
import { shareMemory } from '../search/co-residents.js'
import type { Expert } from '../search/expert/constraint.js'
import { openExpertSpace } from '../search/expert/expert-space.js'
import type { Losses } from '../search/fidelity/losses.js'
import { weightProxy } from '../search/fidelity/weight-proxy.js'
import type { OpenedSpace, SpacePart } from '../search/open-space.js'
import { budgetsOf, type GuessedAlgorithm, type SearchAlgorithm } from '../search/request.js'
import { search } from '../search/search.js'
import { recipeOf } from '../search/space/candidate-recipe.js'
import { Space } from '../search/space/space.js'
import { defaultLevels } from '../search/space/width-options.js'
import { transferRecipe } from '../search/transfer/transfer-recipe.js'
import { coResidentModels } from './co-resident-models.js'
import { type SearchAccount, searchedEntry } from './searched-entry.js'

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
  /** The same after so many seconds of the search. */
  readonly seconds?: number | undefined
  /** Where measurements of a search on data are kept; default: the user's cache. */
  readonly cache?: string | undefined
  /** Whether what was measured before counts; default: it does. */
  readonly resume?: boolean | undefined
  /** Files of models that share the device. */
  readonly coResidents?: readonly string[] | undefined
  /** What an expert allows and likes. */
  readonly expert?: Expert | undefined
}

export interface SearchJob {
  readonly target: Target
  readonly symbols: ReadonlyMap<string, number>
  /** A recipe to begin with. */
  readonly start?: Recipe | undefined
  /** What names from before the exact passes have become. */
  readonly former?: FormerNames | undefined
  readonly seed: number
  readonly timeLimitSeconds?: number | undefined
  readonly onStage?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A space with all that was asked of the search in it. */
export interface OpenedSearch {
  readonly opened: OpenedSpace
  /** Guesses, an expert's preferences in them; of closed options too: the report tells what they would lose. */
  readonly losses: Losses
  /** With what models that share the device leave. */
  readonly budgets: readonly Budget[]
  readonly start: Candidate | undefined
  readonly account: SearchAccount
}

export async function openSearch(model: Model, options: SearchOptions, job: SearchJob): Promise<OpenedSearch> {
  const { parts, expert = { constraints: [] }, coResidents = [] } = options
  const { target, symbols, former, onStage, signal } = job
  onStage?.('opening the search space')
  const widths = { kind: 'curated', levels: defaultLevels } as const
  const asked = { parts, widths, binding: { symbols }, signal }
  const { opened, constraints, preferred } = await openExpertSpace(model, target, expert, asked, former)
  const others = await coResidentModels(coResidents, target, symbols)
  const original = opened.table.score(opened.space.original)
  const shared = others.length === 0 ? undefined : shareMemory(others, options.budgets, original, target)
  const begin = job.start === undefined ? undefined : transferRecipe(model, opened.space, job.start, former)
  return {
    opened,
    losses: preferred(weightProxy(model, new Space(opened.space.choices))),
    budgets: shared?.budgets ?? options.budgets,
    start: begin?.candidate,
    account: { parts, origin: originOf(model), constraints, shared, begin },
  }
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
  const { algorithm, evaluations = defaultEvaluations } = options
  const { seed, timeLimitSeconds, onStage, signal } = job
  const { account, ...space } = await openSearch(model, options, job)
  onStage?.(`searching ${space.opened.space.size} candidates`)
  const request = { ...space, algorithm, seed, evaluations, timeLimitSeconds, signal }
  const outcome = await search(request)
  if (outcome.best === null) throw nothingKeeps(budgetsOf(request), outcome.reason, options)
  const entry = searchedEntry({ ...request, account }, outcome)
  return { recipe: recipeOf(space.opened.space, outcome.best.candidate), entry }
}

export function nothingKeeps(
  budgets: readonly Budget[],
  reason: string | null,
  { coResidents = [] }: SearchOptions,
): UserError {
  const limits = budgets.map(({ figure, atMost }) => `${figure} ${Number(atMost.toPrecision(4))}`)
  const beside = coResidents.length === 0 ? '' : `, beside ${coResidents.join(', ')}`
  const what = `${reason ?? 'nothing was found'} (${limits.join(', ')}${beside})`
  return new UserError('unreachable', '--budget', what, 'allow more, or let --space change more')
}
