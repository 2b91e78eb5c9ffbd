import type { Model } from '../../ir/graph.js'
import type { Decision, Recipe } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { applyDecisions, type RecipeContext } from '../../passes/architecture/recipe.js'
import type { FidelityTable } from '../../tune/fidelity-table.js'
import { type FittedWeights, inheritWeights } from '../../tune/fitted-weights.js'
import type { Evaluation, Evaluator } from '../evaluator.js'
import type { SingleRecipes } from './single-recipes.js'

export interface SupernetSpec {
  readonly original: Model
  /** Measures sub-networks; its tuner gives their channels the statistics of the original. */
  readonly table: FidelityTable
  /** What options were fitted by when they were built alone. */
  readonly fitted: Pick<FidelityTable, 'weightsOf'>
  readonly singles: SingleRecipes
  readonly context: RecipeContext
}

/**
 * The trained network as its own supernet: a candidate is the recipe as algebra gives it, every rewritten block with the weights
 * that were fitted when its option was built alone, cut to the candidate's widths in the order of channels that holds anywhere;
 * then statistics of channels are re-estimated. Nothing is trained or solved for a candidate. An option that was not built alone
 * has the weights of algebra.
 */
export class SupernetEvaluator implements Evaluator {
  readonly lanes = 1
  readonly #spec: SupernetSpec
  readonly #weights = new Map<string, readonly FittedWeights[]>()

  constructor(spec: SupernetSpec) {
    this.#spec = spec
  }

  async evaluate({ decisions }: Recipe): Promise<Evaluation> {
    const { original, table, context } = this.#spec
    // Widths come after all forms: what was fitted at full width is cut with everything else.
    const forms = decisions.filter(({ kind }) => kind === 'block' || kind === 'convolution')
    const inherited = (await Promise.all(forms.map((decision) => this.#weightsOf(decision)))).flat()
    const last = forms.at(-1)
    const result = applyDecisions(original, decisions, {
      ...context,
      afterEach: ({ decision }, model, correspondence) => {
        if (decision === last) inheritWeights(original, { model, correspondence }, inherited)
      },
    })
    return isDeclined(result) ? result : { fidelity: await table.of(result) }
  }

  async #weightsOf(decision: Decision): Promise<readonly FittedWeights[]> {
    const key = JSON.stringify(decision)
    const { fitted, singles } = this.#spec
    const weights = this.#weights.get(key) ?? (await fitted.weightsOf(singles.of(decision)))
    // What is not there may come.
    if (weights !== undefined) this.#weights.set(key, weights)
    return weights ?? []
  }
}
