import type { Model } from '../ir/graph.js'
import { splitResolutions } from '../passes/architecture/at-resolution.js'
import type { Recipe, ResolutionDecision } from '../passes/architecture/decision.js'
import { type Declined, isDeclined } from '../passes/architecture/declined.js'
import { applyDecisions, type RecipeContext, type RecipeResult } from '../passes/architecture/recipe.js'
import type { Fidelity } from '../tune/fidelity.js'
import type { FidelityTable } from '../tune/fidelity-table.js'
import type { TuneReport } from '../tune/tuner.js'

/** What became of a candidate that was built and run. */
export type Evaluation = { readonly fidelity: Fidelity } | Declined

/** What a recipe came to, its weights refitted. */
export interface FittedResult {
  readonly result: RecipeResult
  readonly report: TuneReport
}

/** Builds candidates, refits their weights and measures them on data: where searches on data set in. */
export interface Evaluator {
  /** How many candidates it builds side by side. */
  readonly lanes: number
  evaluate(recipe: Recipe): Promise<Evaluation>
}

/** Evaluates on the samples of a fidelity table, which remembers what it measured. */
export class FidelityEvaluator implements Evaluator {
  readonly lanes = 1
  readonly #original: Model
  readonly #table: FidelityTable
  readonly #context: RecipeContext
  readonly #keeps: number
  readonly #kept = new Map<string, FittedResult>()

  /** `keeps`: how many models with their new weights are kept, the latest ones; default: none. */
  constructor(original: Model, table: FidelityTable, context: RecipeContext = {}, keeps = 0) {
    this.#original = original
    this.#table = table
    this.#context = context
    this.#keeps = keeps
  }

  async evaluate({ decisions }: Recipe): Promise<Evaluation> {
    const result = applyDecisions(this.#original, decisions, this.#context)
    if (isDeclined(result)) return result
    const fidelity = await this.#table.of(result)
    const report = this.#table.reportOf(result)
    if (this.#keeps > 0 && report !== undefined) {
      this.#kept.set(JSON.stringify(decisions), { result, report })
      const [oldest] = this.#kept.keys()
      if (this.#kept.size > this.#keeps) this.#kept.delete(oldest!)
    }
    return { fidelity }
  }

  /** What a recipe was measured to come to before; undefined: it was not. */
  async known({ decisions }: Recipe): Promise<Evaluation | undefined> {
    const fidelity = await this.#table.known(decisions)
    return fidelity && { fidelity }
  }

  /** Takes down what an evaluator with the same samples found. */
  async remember({ decisions }: Recipe, evaluation: Evaluation): Promise<void> {
    if ('fidelity' in evaluation) await this.#table.remember(decisions, evaluation.fidelity)
  }

  /** What a recipe came to, with its new weights; undefined: it was not kept. */
  fittedBy({ decisions }: Recipe): FittedResult | undefined {
    return this.#kept.get(JSON.stringify(decisions))
  }
}

/**
 * Evaluates candidates at several resolutions: each one's other decisions by the evaluator of its resolution, whose original is the
 * model at that resolution. They are opened when they are first asked for.
 */
export class SizedEvaluators implements Evaluator {
  readonly lanes = 1
  readonly #open: (resolution: ResolutionDecision | undefined) => Promise<FidelityEvaluator>
  readonly #opened = new Map<string, FidelityEvaluator>()

  /** `open` is given undefined for the model as it is. */
  constructor(open: (resolution: ResolutionDecision | undefined) => Promise<FidelityEvaluator>) {
    this.#open = open
  }

  async evaluate(recipe: Recipe): Promise<Evaluation> {
    const { resolutions, others } = splitResolutions(recipe.decisions)
    const key = JSON.stringify(resolutions)
    let evaluator = this.#opened.get(key)
    if (evaluator === undefined) this.#opened.set(key, (evaluator = await this.#open(resolutions.at(-1))))
    return evaluator.evaluate({ ...recipe, decisions: others })
  }

  /** What a recipe's decisions, that on the resolution aside, came to, with its new weights; undefined: it was not kept. */
  fittedBy(recipe: Recipe): FittedResult | undefined {
    const { resolutions, others } = splitResolutions(recipe.decisions)
    return this.#opened.get(JSON.stringify(resolutions))?.fittedBy({ ...recipe, decisions: others })
  }
}
