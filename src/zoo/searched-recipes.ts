import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { FormerNames } from '../passes/architecture/former-names.js'
import { isBuilding } from '../search/request.js'
import { channelScoringDefaults } from '../tune/channel-scorers.js'
import type { Found } from './found.js'
import { type GivenData, type JobData, openJobData } from './job-data.js'
import type { JobOptions } from './job-options.js'
import { defaultMaxDrop } from './judge.js'
import type { SearchOptions } from './search-recipe.js'
import { leastSamples } from './search-samples.js'

export interface SearchContext {
  readonly symbols: ReadonlyMap<string, number>
  readonly former: FormerNames
  /** A recipe to begin with. */
  readonly start: Recipe | undefined
  readonly data: JobData | undefined
  readonly options: JobOptions
  /** Of the file; see `modelDigest`. */
  readonly digest: string
}

/**
 * What a job is to search: what it was asked for. A search that nobody asked for, since data alone were given, is left out where
 * they are too few to search on: then they are inputs to verify on.
 */
export function searchWorthwhile(
  search: SearchOptions | undefined,
  { data }: GivenData,
): { readonly search: SearchOptions | undefined; readonly warning?: string } {
  if (search?.isDefault !== true || data === undefined || data.count >= leastSamples) return { search }
  const warning = `nothing was searched: ${data.count} samples are too few (${leastSamples} are enough); --search none says so`
  return { search: undefined, warning }
}

/** Recipes as a job's search finds them. */
export async function searchedRecipes(model: Model, search: SearchOptions, context: SearchContext): Promise<Found> {
  const { symbols, former, start, data, options, digest } = context
  const { target, seed = 0, timeLimitSeconds, threads, onStage, signal } = options
  const job = { target, symbols, start, former, seed, timeLimitSeconds, onStage, signal }
  const { algorithm } = search
  if (!isBuilding(algorithm)) {
    const { searchRecipe } = await import('./search-recipe.js')
    const { recipe, entry } = await searchRecipe(model, { ...search, algorithm }, job)
    return { first: recipe, after: () => undefined, isBestAsIs: false, entryOf: () => entry }
  }
  if (data?.calibration === undefined)
    throw new UserError(
      'usage',
      `--search ${algorithm}`,
      'there are no samples to build candidates with',
      'give some with --data, or search by estimates with --search exact or evolution',
    )
  const { searchOnData } = await import('./search-on-data.js')
  return searchOnData(
    model,
    { ...search, algorithm },
    {
      ...job,
      threads,
      calibration: data.calibration,
      calibrationFor: async (sized) => (await openJobData(sized, options))!.calibration!,
      digest,
      maxDrop: options.maxDrop ?? defaultMaxDrop,
      stop: search.stop,
      jobs: options.jobs,
      preprocess: options.preprocess,
      metric: options.metric,
      tune: options.tune,
      channelScores: options.channelScores ?? channelScoringDefaults.withoutData,
      cache: search.cache,
      resume: search.resume,
      tool: options.tool,
    },
  )
}
