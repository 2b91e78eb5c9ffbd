import type { DataSet } from '../accuracy/data-set.js'
import type { Model } from '../ir/graph.js'
import type { ResolutionDecision } from '../passes/architecture/decision.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { numbersOf, type SearchSamples, searchSamples } from './search-samples.js'

/** A model at a resolution, with a search's samples at that size. */
export interface SizedOriginal {
  readonly model: Model
  readonly samples: SearchSamples
}

/** An original at the resolutions that a search asks for, each made once, with the same samples as that at its own. */
export class SizedSamples {
  readonly #teacher: Model
  readonly #calibration: DataSet
  readonly #options: { readonly seed: number; readonly calibrationFor: (sized: Model) => Promise<DataSet> }
  readonly #made = new Map<string, Promise<SizedOriginal>>()

  constructor(
    teacher: Model,
    calibration: DataSet,
    options: { readonly seed: number; readonly calibrationFor: (sized: Model) => Promise<DataSet> },
  ) {
    this.#teacher = teacher
    this.#calibration = calibration
    this.#options = options
  }

  at(resolution: ResolutionDecision): Promise<SizedOriginal> {
    const key = JSON.stringify(resolution)
    let made = this.#made.get(key)
    if (made === undefined) this.#made.set(key, (made = this.#make(resolution)))
    return made
  }

  async #make(resolution: ResolutionDecision): Promise<SizedOriginal> {
    const { seed, calibrationFor } = this.#options
    const { model } = applyRecipe(this.#teacher, { recipeVersion: 1, decisions: [resolution] })
    const samples = await searchSamples(await calibrationFor(model), seed, await numbersOf(this.#calibration))
    return { model, samples }
  }
}
