import type { Model } from '../../ir/graph.js'
import type { Recipe } from '../../passes/architecture/decision.js'
import type { Runtime } from '../../runtime/session.js'
import type { InputSizes } from './input-sizes.js'

/** Where and how a score is taken. */
export interface ScoreSetting {
  readonly runtime: Runtime
  /** The same seed gives the same score. */
  readonly seed: number
  readonly sizes: InputSizes
}

interface Described {
  /** What it is computed from, in one line. */
  readonly definition: string
  readonly source: string
}

/**
 * A guess of what an architecture could learn, from a model as a recipe builds it: without training, without data, and whatever
 * its weights are. The larger the better. Only candidates for the same task are comparable.
 */
export interface ArchitectureScore extends Described {
  /** Throws UserError where the runtime does not take the model. */
  of(model: Model, setting: ScoreSetting): Promise<number>
}

/** A guess of what a recipe leaves of a trained model, without data; the larger the better. */
export interface RecipeScore extends Described {
  /** Throws UserError where the runtime does not take the model. */
  open(original: Model, setting: ScoreSetting): Promise<RecipeScorer>
}

/** undefined: the model declines the recipe. */
export type RecipeScorer = (recipe: Recipe) => Promise<number | undefined>
