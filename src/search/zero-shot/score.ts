import type { Model } from '../../ir/graph.js'
import type { Runtime } from '../../runtime/session.js'
import type { InputSizes } from './input-sizes.js'

/** Where and how a score is taken. */
export interface ScoreSetting {
  readonly runtime: Runtime
  /** The same seed gives the same score. */
  readonly seed: number
  readonly sizes: InputSizes
}

/**
 * A guess of what an architecture could learn, from a model as a recipe builds it: without training, and without data. The larger
 * the better. Only candidates for the same task are comparable.
 */
export interface ZeroShotScore {
  /** What it is computed from, in one line. */
  readonly definition: string
  readonly source: string
  /** Throws UserError where the runtime does not take the model. */
  of(model: Model, setting: ScoreSetting): Promise<number>
}
