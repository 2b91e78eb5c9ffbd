import { setImmediate } from 'node:timers/promises'
import type { Profile } from '../estimator/profile.js'
import type { Model } from '../ir/graph.js'
import type { Decision, Recipe } from '../passes/architecture/decision.js'
import { isDeclined } from '../passes/architecture/declined.js'
import { applyDecisions, type RecipeContext, type RecipeResult } from '../passes/architecture/recipe.js'
import type { AdvisedRecipe, WeighedDecision } from '../report/advice.js'
import { figuresOfDecision } from '../report/decision-figures.js'
import { lossIn } from '../search/auto/measured.js'
import { expectedLosses } from '../search/fidelity/expected-loss.js'
import type { FidelityTable } from '../tune/fidelity-table.js'

export interface WeighJob {
  readonly file: string
  readonly recipe: Recipe
  /** With the whole recipe. */
  readonly whole: RecipeResult
  readonly context: RecipeContext & { readonly curated: { readonly multipleOf: number } }
  readonly profileOf: (model: Model) => Profile
  /** Where losses are measured; undefined: the proxy stands in. */
  readonly table: FidelityTable | undefined
  readonly onStage?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What each decision of a recipe is worth: the recipe applied without it, estimated, and with a table refitted and measured. */
export async function weighRecipe(model: Model, job: WeighJob): Promise<AdvisedRecipe> {
  const { file, recipe, whole, context, profileOf, table, onStage, signal } = job
  const { decisions } = recipe
  const expected = expectedLosses(model, context)
  const lossOf = async (result: RecipeResult, made: readonly Decision[]): Promise<number | null> => {
    if (table === undefined) return made.reduce((sum, decision) => sum + expected(decision), 0)
    return isMeasurable(made) ? lossIn(await table.of(result)) : null
  }
  onStage?.('measuring the recipe')
  const loss = await lossOf(whole, decisions)
  const weighed: WeighedDecision[] = []
  for (const [i, decision] of decisions.entries()) {
    // Lets an interruption through.
    await setImmediate()
    signal?.throwIfAborted()
    onStage?.(`without decision ${i + 1} of ${decisions.length}`)
    const { place, from, to } = whole.decisions[i]!
    const others = decisions.toSpliced(i, 1)
    const result = applyDecisions(model, others, context)
    if (isDeclined(result)) {
      const { reason, remedy } = result
      weighed.push({ decision, place, from, to, without: null, declined: { reason, remedy } })
      continue
    }
    const figures = figuresOfDecision(profileOf(result.model).metrics)
    const without = { ...figures, loss: await lossOf(result, others) }
    weighed.push({ decision, place, from, to, without, declined: null })
  }
  return {
    file,
    original: figuresOfDecision(profileOf(model).metrics),
    losses: table === undefined ? proxy : measured,
    loss,
    decisions: weighed,
  }
}

/** Values at another resolution are not those of the original. */
export const isMeasurable = (decisions: readonly Decision[]): boolean =>
  decisions.every(({ kind }) => kind !== 'resolution')

const proxy = {
  source: 'proxy',
  note: 'by weights, since nothing was measured: a guess that --data replaces',
} as const

const measured = {
  source: 'measured',
  note: 'nats between class shares, for other outputs 1 less the cosine, after a refit',
} as const
