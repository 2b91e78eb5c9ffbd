import type { Model } from '../ir/graph.js'
import type { ChannelScorer } from '../passes/architecture/importance.js'
import type { RecipeContext } from '../passes/architecture/recipe.js'
import { curatedStep } from '../search/curated-step.js'
import { FidelityEvaluator } from '../search/evaluator.js'
import type { Space } from '../search/space/space.js'
import { SingleRecipes } from '../search/supernet/single-recipes.js'
import { SupernetEvaluator } from '../search/supernet/supernet-evaluator.js'
import { gatherMoments } from '../tune/channel-moments.js'
import { efforts } from '../tune/effort.js'
import { defaultCacheFolder } from '../tune/fidelity-cache.js'
import type { FidelityTable } from '../tune/fidelity-table.js'
import { handOverBy } from '../tune/hand-over.js'
import { Renormalizer } from '../tune/renormalizer.js'
import { loadTuner } from '../tune/tuners.js'
import { WeightStore } from '../tune/weight-store.js'
import { openFidelityTable, type TableModel, type TableOptions } from './open-fidelity-table.js'
import type { SearchJob } from './search-recipe.js'
import type { SearchSamples } from './search-samples.js'
import { runOptions } from './tailor.js'

export interface EvaluatorsRequest {
  /** The original, in the form in which it is rewritten. */
  readonly teacher: Model
  /** Of its file; see `modelDigest`. */
  readonly digest: string
  readonly space: Space
  readonly samples: SearchSamples
  readonly scores: ChannelScorer | undefined
  /** Whether sub-networks are to inherit what options are fitted to. */
  readonly isInherited: boolean
}

/** Models with their new weights that are kept until one is written. */
const keptResults = 2

/** Version of what sub-networks inherit and of how their statistics are re-estimated: part of what cached results depend on. */
const supernetVersion = 1

/** What a search on data builds candidates with, rung by rung. Close it when done. */
export class SearchEvaluators {
  readonly brief: FidelityEvaluator
  readonly full: FidelityEvaluator
  /** undefined: nobody asked for it, or nothing is fitted, so that there is nothing to inherit. */
  readonly inherited: SupernetEvaluator | undefined
  readonly #closing: readonly { close(): unknown }[]

  private constructor(
    brief: FidelityEvaluator,
    full: FidelityEvaluator,
    inherited: SupernetEvaluator | undefined,
    closing: readonly { close(): unknown }[],
  ) {
    this.brief = brief
    this.full = full
    this.inherited = inherited
    this.#closing = closing
  }

  static async open(request: EvaluatorsRequest, job: SearchJob & TableOptions): Promise<SearchEvaluators> {
    const { teacher, digest, space, samples, scores } = request
    const context = { scores, curated: { multipleOf: curatedStep(job.target) } }
    const place = { teacher, digest, target: job.target.name }
    const store = new WeightStore(job.cache ?? defaultCacheFolder(), job.resume ?? true)
    const singles = new SingleRecipes(space)
    const keeps = request.isInherited ? { store, isKept: singles.has.bind(singles) } : undefined
    const heldOut = samples.measured
    const brief = await openFidelityTable(
      place,
      { calibration: samples.brief, heldOut, effort: efforts.brief, keeps },
      job,
    )
    const full = await openFidelityTable(place, { calibration: samples.full, heldOut, effort: efforts.full }, job)
    const parts = { brief, singles, samples, context }
    const supernet = request.isInherited ? await openSupernet(place, parts, job) : undefined
    return new SearchEvaluators(
      new FidelityEvaluator(teacher, brief, context),
      new FidelityEvaluator(teacher, full, context, keptResults),
      supernet?.evaluator,
      [brief, full, ...(supernet?.closing ?? [])],
    )
  }

  async close(): Promise<void> {
    for (const each of this.#closing) await each.close()
  }
}

interface SupernetParts {
  readonly brief: FidelityTable
  readonly singles: SingleRecipes
  readonly samples: SearchSamples
  readonly context: RecipeContext
}

async function openSupernet(
  place: TableModel,
  { brief, singles, samples, context }: SupernetParts,
  job: SearchJob & TableOptions,
) {
  const tuner = await loadTuner(job.tune ?? 'none')
  if (tuner === undefined) return undefined
  const { teacher } = place
  const options = runOptions(job)
  const handOver = handOverBy(await gatherMoments(teacher, samples.brief, options))
  const renormalizer = await Renormalizer.open(teacher, samples.brief, options)
  const table = await openFidelityTable(
    place,
    {
      calibration: samples.brief,
      heldOut: samples.measured,
      effort: efforts.brief,
      tuner: { name: `inherited of ${tuner.name} ${tuner.version}`, version: supernetVersion, tune: renormalizer.tune },
    },
    job,
  )
  const evaluator = new SupernetEvaluator({
    original: teacher,
    table,
    fitted: brief,
    singles,
    context: { ...context, handOver },
  })
  return { evaluator, closing: [table, renormalizer] }
}
