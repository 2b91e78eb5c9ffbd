import type { Recipe } from '../../passes/architecture/decision.js'
import type { Evaluation, FidelityEvaluator } from '../../search/evaluator.js'
import { serveParent } from '../processes/serve-parent.js'
import { evaluatorFrom } from './lane-setup.js'

/** A recipe to be evaluated, and the file that says by what. */
export interface LaneRequest {
  readonly setup: string
  readonly recipe: Recipe
}

let evaluator: Promise<FidelityEvaluator> | undefined

/** The child process that evaluates candidates, one at a time; `LaneEvaluator` is its other side. */
serveParent<LaneRequest, Evaluation>(async ({ setup, recipe }) => {
  evaluator ??= evaluatorFrom(setup)
  return (await evaluator).evaluate(recipe)
})
