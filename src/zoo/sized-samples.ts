import type { DataSet } from '../accuracy/data-set.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { ResolutionDecision } from '../passes/architecture/decision.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import type { Space } from '../search/space/space.js'
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

  /**
   * Throws UserError `usage` where the samples cannot be had in the sizes of a space: what a search finds out before it begins.
   */
  async requireSizes({ choices }: Space): Promise<void> {
    const image = choices.find(({ kind }) => kind === 'resolution')
    const decision = image?.kind === 'resolution' ? image.decisions.find((each) => each !== undefined) : undefined
    if (decision === undefined) return
    try {
      await this.at(decision)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const what = `samples cannot be had in ${decision.height} x ${decision.width}: ${error.message}`
      throw new UserError('usage', '--space', what, `leave resolution out; or ${error.remedy}`)
    }
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
