import type { DataSet } from '../accuracy/data-set.js'
import type { Metric } from '../accuracy/metrics/metric.js'
import { openRuntime, type RunOptions } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import type { Decision } from '../passes/architecture/decision.js'
import { type RecipeResult, shownValues } from '../passes/architecture/recipe.js'
import { efforts, type TuneEffort } from './effort.js'
import { type Fidelity, measureFidelity, type Reference } from './fidelity.js'
import { contentKey, type FidelityCache } from './fidelity-cache.js'
import { type FittedWeights, fittedWeights } from './fitted-weights.js'
import type { TwoRuntimes } from './side-by-side.js'
import { TeacherRows } from './teacher-rows.js'
import type { TuneReport } from './tuner.js'
import type { LoadedTuner } from './tuners.js'
import type { WeightStore } from './weight-store.js'

/** Entries of another version are measured anew. */
const tableVersion = 3

export interface FidelityTableSpec {
  /** The original, at the resolution of the models that are measured. */
  readonly teacher: Model
  /** Samples that weights are fitted to. */
  readonly calibration: DataSet
  /** Samples that fidelity is measured on; none of the above. */
  readonly heldOut: DataSet
  readonly metric: Metric | undefined
  /** What outputs are compared with; default: those of the teacher. */
  readonly reference?: Reference | undefined
  /** undefined: weights stay what algebra gives. */
  readonly tuner: LoadedTuner | undefined
  /** Default: full. */
  readonly effort?: TuneEffort | undefined
  readonly cache: FidelityCache
  /** Where fitted weights are kept for others to inherit, of which recipes; absent: nowhere. */
  readonly keeps?: { readonly store: WeightStore; isKept(decisions: readonly Decision[]): boolean } | undefined
  /** Digest of everything else that results depend on: model, samples, preprocessing, version of the program. */
  readonly key: string
  readonly options: RunOptions
}

/**
 * Fidelity of rewritten models, the table that a search or an expert selects from. What was measured once is kept on disk, so
 * that a run that is ended goes on where it was.
 */
export class FidelityTable {
  readonly #spec: FidelityTableSpec
  #teacherRows: TeacherRows | undefined
  /** For the original and for what is rewritten: a process takes longer to start than a small model to run. */
  #runtimes: TwoRuntimes | undefined
  readonly #reports = new WeakMap<RecipeResult, TuneReport>()

  constructor(spec: FidelityTableSpec) {
    this.#spec = spec
  }

  get heldOut(): DataSet {
    return this.#spec.heldOut
  }

  /** Refits the weights of the result's model (in place) and measures it, unless that was done before. */
  async of(result: RecipeResult): Promise<Fidelity> {
    const { keeps, teacher } = this.#spec
    const decisions = result.decisions.map(({ decision }) => decision)
    const known = await this.known(decisions)
    if (known !== undefined) return known
    const fidelity = await this.#measure(result)
    if (keeps?.isKept(decisions)) {
      const weights = fittedWeights(teacher, result, this.#reports.get(result) ?? { layers: [] })
      await keeps.store.write(this.#key(decisions), weights)
    }
    await this.remember(decisions, fidelity)
    return fidelity
  }

  /** What decisions were measured to come to; undefined: they were not, or weights that are to be kept are not there. */
  async known(decisions: readonly Decision[]): Promise<Fidelity | undefined> {
    const { cache, keeps } = this.#spec
    const key = this.#key(decisions)
    const known = await cache.read(key)
    const isWhole = keeps?.isKept(decisions) !== true || (await keeps.store.has(key))
    return isWhole ? known : undefined
  }

  /** Takes down what was measured on the same samples in the same way, elsewhere perhaps. */
  remember(decisions: readonly Decision[], fidelity: Fidelity): Promise<void> {
    return this.#spec.cache.write(this.#key(decisions), fidelity)
  }

  /** Weights that layers were fitted to have under a recipe; undefined: they were not kept. */
  weightsOf(decisions: readonly Decision[]): Promise<FittedWeights[] | undefined> {
    return this.#spec.keeps?.store.read(this.#key(decisions)) ?? Promise.resolve(undefined)
  }

  /** How a result's weights were refitted; undefined: they were not, since its fidelity was known. */
  reportOf(result: RecipeResult): TuneReport | undefined {
    return this.#reports.get(result)
  }

  /** Frees what was kept from one measurement to the next. */
  async close(): Promise<void> {
    for (const runtime of this.#runtimes ?? []) runtime.close()
    this.#runtimes = undefined
    await this.#teacherRows?.close()
    this.#teacherRows = undefined
  }

  #key(decisions: readonly Decision[]): string {
    const { key, tuner, effort = efforts.full, metric } = this.#spec
    return contentKey({
      tableVersion,
      key,
      tuner: tuner === undefined ? null : [tuner.name, tuner.version, effort.name],
      metric: metric?.id ?? null,
      decisions,
    })
  }

  async #measure(result: RecipeResult): Promise<Fidelity> {
    const { teacher, calibration, heldOut, metric, reference, tuner, effort = efforts.full, options } = this.#spec
    const { model: student, correspondence, fitted } = result
    this.#runtimes ??= [openRuntime(options), openRuntime(options)]
    const [, runtime] = this.#runtimes
    if (tuner !== undefined && fitted.length > 0) {
      this.#teacherRows ??= await TeacherRows.open(teacher, calibration, options, effort)
      const teacherRows = this.#teacherRows
      const request = {
        teacher,
        student,
        correspondence,
        fitted,
        data: calibration,
        options,
        teacherRows,
        runtime,
        effort,
      }
      this.#reports.set(result, await tuner.tune(request))
    }
    const places = result.decisions.flatMap((decision) => shownValues(result, decision))
    const request = { teacher, student, correspondence, places, data: heldOut, metric, reference }
    return measureFidelity(request, options, this.#runtimes)
  }
}
