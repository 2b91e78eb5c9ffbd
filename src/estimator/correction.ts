import type { KernelShape } from '../hw/shape.js'
import { type EncodedTrees, Ensemble } from './boosting/ensemble.js'
import { type EncodedSurface, KrigedSurface } from './kriging/surface.js'

/** Logarithm of measured over white-box latency: trees plus a surface, as JSON. */
export interface Correction {
  readonly trees: EncodedTrees | null
  readonly surface: EncodedSurface | null
}

export const noCorrection: Correction = { trees: null, surface: null }

/** A correction laid out for prediction. */
export class Corrector {
  readonly #trees: Ensemble | undefined
  readonly #surface: KrigedSurface | undefined

  constructor({ trees, surface }: Correction) {
    this.#trees = trees === null ? undefined : new Ensemble(trees)
    this.#surface = surface === null ? undefined : new KrigedSurface(surface)
  }

  /** `row`: what the trees see of the shape (WhiteBox.writeRow). */
  at(shape: KernelShape, row: Float32Array): number {
    return (this.#trees?.predict(row) ?? 0) + (this.#surface?.at(shape) ?? 0)
  }
}
