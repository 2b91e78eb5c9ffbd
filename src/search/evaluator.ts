import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import { type Declined, isDeclined } from '../passes/architecture/declined.js'
import { applyDecisions, type RecipeContext } from '../passes/architecture/recipe.js'
import type { Fidelity } from '../tune/fidelity.js'
import type { FidelityTable } from '../tune/fidelity-table.js'

/** What became of a candidate that was built and run. */
export type Evaluation = { readonly fidelity: Fidelity } | Declined

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

  constructor(original: Model, table: FidelityTable, context: RecipeContext = {}) {
    this.#original = original
    this.#table = table
    this.#context = context
  }

  async evaluate({ decisions }: Recipe): Promise<Evaluation> {
    const result = applyDecisions(this.#original, decisions, this.#context)
    return isDeclined(result) ? result : { fidelity: await this.#table.of(result) }
  }
}
