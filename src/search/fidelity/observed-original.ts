import { type ScalingPreset, scalingPresets } from '../../accuracy/input/scaling.js'
import { modelBytes } from '../../export/model-bytes.js'
import { isFloat } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Model, Node } from '../../ir/graph.js'
import { valuesOf } from '../../ir/graph-values.js'
import { contextOf, inferTypes } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dtypeOf } from '../../ir/type.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { applyDecisions, type RecipeResult, shownValues } from '../../passes/architecture/recipe.js'
import { cloneModel } from '../../passes/clone-model.js'
import { isFailure, type Runtime, type Session } from '../../runtime/session.js'
import { expose, type Feeds, forward } from '../zero-shot/forward.js'
import { bindInputs } from '../zero-shot/input-sizes.js'
import type { ScoreSetting } from '../zero-shot/score.js'
import { changedPart } from './changed-part.js'
import { hasImages, randomImages } from './random-images.js'
import { unexplainedNoise } from './unexplained-noise.js'

/** Values kept at once. */
const cacheLimit = 12

/** The original on random inputs: what it computes is what decisions are measured against. The runtime stays open. */
export class ObservedOriginal {
  readonly #model: Model
  readonly #runtime: Runtime
  readonly #session: Session
  readonly #feeds: Feeds
  /** How its images are scaled: as they seem to have been when it was trained. */
  readonly preset: ScalingPreset
  /** Latest last. */
  readonly #values = new Map<string, Tensor>()

  private constructor(model: Model, runtime: Runtime, session: Session, preset: ScalingPreset, seed: number) {
    this.#model = model
    this.#runtime = runtime
    this.#session = session
    this.#feeds = randomImages(model, preset, seed)
    this.preset = preset
  }

  static async open(model: Model, { runtime, seed, sizes }: ScoreSetting): Promise<ObservedOriginal> {
    const bound = cloneModel(model)
    bindInputs(new Patch(bound), sizes)
    inferTypes(bound)
    const shown = cloneModel(bound)
    const patch = new Patch(shown)
    for (const value of valuesOf(shown.graph))
      if (!value.isInput && isFloat(dtypeOf(value.type) ?? 'string')) expose(patch, value)
    const session = await runtime.load({ bytes: modelBytes(shown) })
    if (isFailure(session)) throw notRun(model, session.message)
    const scaled = (preset: ScalingPreset) => new ObservedOriginal(bound, runtime, session, preset, seed)
    if (!hasImages(bound)) return scaled('none')
    let best: { original: ObservedOriginal; distance: number } | undefined
    for (const preset of Object.keys(scalingPresets) as ScalingPreset[]) {
      const original = scaled(preset)
      const distance = await original.#distanceFromNormalized()
      if (best === undefined || distance < best.distance) best = { original, distance }
    }
    return best!.original
  }

  /** Infinite where the model declines the decision; 0 for one that shows nowhere. */
  async lossOf(decision: Decision): Promise<number> {
    const result = applyDecisions(this.#model, [decision])
    if (isDeclined(result)) return Number.POSITIVE_INFINITY
    const places = result.decisions.flatMap((each) => shownValues(result, each))
    if (result.kind !== 'lossy' || places.length === 0) return 0
    const found = await this.#changed(result)
    let sum = 0
    for (const { at, value } of places) {
      const expected = await this.#value(at)
      const given = found.get(value.name) ?? (await this.#value(value.name))
      sum += unexplainedNoise(expected, given, result.correspondence.of(value)?.positions)
    }
    return sum / places.length
  }

  /** Values at which a result shows, as far as they are not the original's. */
  async #changed(result: RecipeResult): Promise<Map<string, Tensor>> {
    const wanted = result.decisions.flatMap((each) => shownValues(result, each)).map(({ value }) => value)
    const { model, inputs } = changedPart(this.#model, result.model, wanted)
    if (model === undefined) return new Map()
    const feeds = new Map<string, Tensor>()
    for (const name of inputs) feeds.set(name, await this.#value(name))
    return forward(this.#runtime, model, feeds)
  }

  /** What the original computes, by name. */
  async #value(name: string): Promise<Tensor> {
    const known = this.#feeds.get(name) ?? this.#values.get(name)
    this.#values.delete(name)
    const value = known ?? (await this.#run(name))
    this.#values.set(name, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= cacheLimit) break
      this.#values.delete(oldest)
    }
    return value
  }

  async #run(name: string): Promise<Tensor> {
    const outputs = await this.#runtime.run(this.#session, this.#feeds, [name])
    if (isFailure(outputs)) throw notRun(this.#model, outputs.message)
    return outputs.get(name)!
  }

  /** How far the outputs of the first layers are from a deviation of 1, in logarithms: that is where normalization puts them. */
  async #distanceFromNormalized(): Promise<number> {
    const layers = [...this.#model.graph.nodes()].filter(isConvolution).slice(0, layersLookedAt)
    let sum = 0
    for (const { outputs } of layers) sum += Math.abs(Math.log(deviation(await this.#value(outputs[0]!.name))))
    return sum
  }
}

const layersLookedAt = 4

const isConvolution = (node: Node): boolean =>
  contextOf(node)?.resolved.op.traits.includes('convolution') === true && node.outputs[0] !== undefined

function deviation(tensor: Tensor): number {
  const values = Float64Array.from(tensor.numbers())
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

const notRun = (model: Model, why: string): UserError =>
  new UserError(
    'invalid-model',
    '',
    `onnxruntime does not run it on random inputs: ${why}`,
    'search with --data',
    model.file,
  )
