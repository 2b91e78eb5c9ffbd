import type { Model } from '../../ir/graph.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { applyDecisions } from '../../passes/architecture/recipe.js'
import type { ArchitectureScore, RecipeScore, ScoreSetting } from './score.js'

/** The score of the architecture that a recipe comes to. */
export const ofArchitecture = ({ definition, source, of }: ArchitectureScore): RecipeScore => ({
  definition,
  source,
  open: async (original, setting) => async (recipe) => {
    const result = applyDecisions(original, recipe.decisions)
    return isDeclined(result) ? undefined : of(result.model, setting)
  },
})

/** What decisions lose by themselves, added up, less is better; each is asked for once. */
export const ofDecisions = (
  described: Pick<RecipeScore, 'definition' | 'source'>,
  openLosses: (original: Model, setting: ScoreSetting) => Promise<(decision: Decision) => number | Promise<number>>,
): RecipeScore => ({
  ...described,
  async open(original, setting) {
    const lossOf = await openLosses(original, setting)
    const losses = new Map<string, number>()
    return async ({ decisions }) => {
      if (isDeclined(applyDecisions(original, decisions))) return undefined
      let sum = 0
      for (const decision of decisions) {
        const key = JSON.stringify(decision)
        const loss = losses.get(key) ?? (await lossOf(decision))
        losses.set(key, loss)
        sum += loss
      }
      return -sum
    }
  },
})
