import type { Model } from '../ir/graph.js'
import { declined } from '../passes/architecture/declined.js'
import type { RecipeContext } from '../passes/architecture/recipe.js'
import type { Rung } from '../search/auto/measured.js'
import { type Evaluator, FidelityEvaluator, SizedEvaluators } from '../search/evaluator.js'
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
import { openFidelityTable, type TableModel, type TableOptions, type TableSamples } from './open-fidelity-table.js'
import type { SearchJob } from './search-recipe.js'
import type { SearchSamples } from './search-samples.js'
import type { SizedSamples } from './sized-samples.js'
import { runOptions } from './tailor.js'

export interface EvaluatorsRequest {
  /** The original, in the form in which it is rewritten. */
  readonly teacher: Model
  /** Of its file; see `modelDigest`. */
  readonly digest: string
  readonly space: Space
  readonly samples: SearchSamples
  /** The original at other resolutions. */
  readonly sized: SizedSamples
  /** How channels are chosen. */
  readonly context: RecipeContext
  /** Whether sub-networks are to inherit what options are fitted to. */
  readonly isInherited: boolean
}

/** Evaluators that refit, at every resolution. */
interface FittedEvaluators {
  readonly evaluators: SizedEvaluators
  /** For the original as it is. */
  readonly asIs: FidelityEvaluator
  readonly table: FidelityTable
  readonly place: SearchEvaluators['place']
}

type FittedRung = Exclude<Rung, 'inherited'>

/** Models with their new weights that are kept until one is written. */
const keptResults = 2

/** Version of what sub-networks inherit and of how their statistics are re-estimated: part of what cached results depend on. */
const supernetVersion = 1

/** What a search on data builds candidates with, rung by rung. Close it when done. */
export class SearchEvaluators {
  readonly brief: SizedEvaluators
  readonly full: SizedEvaluators
  /** Of `brief` that for the original as it is, and what it was opened with: others may evaluate in its place. */
  readonly briefAsIs: FidelityEvaluator
  readonly place: { readonly model: TableModel; readonly samples: TableSamples }
  /** undefined: nobody asked for it, or nothing is fitted, so that there is nothing to inherit. */
  readonly inherited: Evaluator | undefined
  readonly #closing: readonly { close(): unknown }[]

  private constructor(
    brief: FittedEvaluators,
    full: FittedEvaluators,
    inherited: Evaluator | undefined,
    closing: readonly { close(): unknown }[],
  ) {
    this.brief = brief.evaluators
    this.full = full.evaluators
    this.briefAsIs = brief.asIs
    this.place = brief.place
    this.inherited = inherited
    this.#closing = closing
  }

  static async open(request: EvaluatorsRequest, job: SearchJob & TableOptions): Promise<SearchEvaluators> {
    const { teacher, digest, space, samples, context, sized, isInherited } = request
    const model = { teacher, digest, target: job.target.name }
    const store = new WeightStore(job.cache ?? defaultCacheFolder(), job.resume ?? true)
    const singles = new SingleRecipes(space)
    const closing: { close(): unknown }[] = []
    const open = async (rung: FittedRung): Promise<FittedEvaluators> => {
      const fit = { effort: efforts[rung], heldOut: samples.measured, calibration: samples[rung] }
      const keeps = rung === 'brief' && isInherited ? { store, isKept: singles.has.bind(singles) } : undefined
      const kept = rung === 'full' ? keptResults : 0
      const evaluatorAt = async (at: TableModel, given: TableSamples) => {
        const table = await openFidelityTable(at, given, job)
        closing.push(table)
        return { table, evaluator: new FidelityEvaluator(at.teacher, table, context, kept) }
      }
      const { table, evaluator: asIs } = await evaluatorAt(model, { ...fit, keeps })
      const evaluators = new SizedEvaluators(async (resolution) => {
        if (resolution === undefined) return asIs
        const { model: original, samples: own } = await sized.at(resolution)
        const reference = { model: teacher, data: samples.measured }
        const given = { ...fit, calibration: own[rung], heldOut: own.measured, reference }
        return (await evaluatorAt({ ...model, teacher: original, resolution }, given)).evaluator
      })
      return { evaluators, asIs, table, place: { model, samples: fit } }
    }
    const [brief, full] = [await open('brief'), await open('full')]
    const parts = { brief: brief.table, singles, samples, context }
    const supernet = isInherited ? await openSupernet(model, parts, job) : undefined
    closing.push(...(supernet?.closing ?? []))
    return new SearchEvaluators(brief, full, supernet && atOwnSize(supernet.evaluator), closing)
  }

  async close(): Promise<void> {
    for (const each of this.#closing) await each.close()
  }
}

/** Sub-networks of the original as it is: what was fitted at one resolution is no guide at another. */
const atOwnSize = (supernet: Evaluator): Evaluator => ({
  lanes: supernet.lanes,
  evaluate: async (recipe) =>
    recipe.decisions.some(({ kind }) => kind === 'resolution')
      ? declined('other-resolution', 'the sub-network', 'build it with --search auto')
      : supernet.evaluate(recipe),
})

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
