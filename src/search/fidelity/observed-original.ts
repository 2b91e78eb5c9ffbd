import { fedInputs } from '../../accuracy/input/sample-input.js'
import { type ScalingPreset, scalingPresets } from '../../accuracy/input/scaling.js'
import { staticShape } from '../../ir/dim.js'
import { isFloat } from '../../ir/dtype.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { valuesOf } from '../../ir/graph-values.js'
import { contextOf, inferTypes } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { type Tensor, volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { applyDecisions, type RecipeResult, shownValues } from '../../passes/architecture/recipe.js'
import { cloneModel, cloneSlice } from '../../passes/clone-model.js'
import type { Runtime } from '../../runtime/session.js'
import { expose, type Feeds, forward } from '../zero-shot/forward.js'
import { bindInputs, type InputSizes } from '../zero-shot/input-sizes.js'
import type { ScoreSetting } from '../zero-shot/score.js'
import { changedPart } from './changed-part.js'
import { hasImages, randomImages } from './random-images.js'
import { unexplainedNoise } from './unexplained-noise.js'

/** What the values of all samples may take. */
const keptBytes = 256 << 20

/** Fewer samples say too little. */
const leastSamples = 2

/** The original on random inputs: what it computes is what decisions are measured against. The runtime stays open. */
export class ObservedOriginal {
  readonly #model: Model
  readonly #runtime: Runtime
  readonly #values: ReadonlyMap<string, Tensor>
  /** How its images are scaled: as they seem to have been when it was trained. */
  readonly preset: ScalingPreset

  private constructor(model: Model, runtime: Runtime, values: ReadonlyMap<string, Tensor>, preset: ScalingPreset) {
    this.#model = model
    this.#runtime = runtime
    this.#values = values
    this.preset = preset
  }

  /** Runs the original, with fewer samples than the setting says where its values would take too much memory. */
  static async open(model: Model, { runtime, seed, sizes }: ScoreSetting): Promise<ObservedOriginal> {
    const one = boundCopy(model, { ...sizes, batch: 1 })
    const fitting = Math.floor(keptBytes / Math.max(1, bytesOf(floatValues(one))))
    const batch = Math.min(sizes.batch, Math.max(leastSamples, fitting))
    const bound = boundCopy(model, { ...sizes, batch })
    const preset = hasImages(bound) ? await likelyPreset(bound, runtime, seed) : 'none'
    const feeds = randomImages(bound, preset, seed)
    const values = await valuesWithin(bound, runtime, feeds, floatValues(bound))
    return new ObservedOriginal(bound, runtime, new Map([...feeds, ...values]), preset)
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
      const expected = this.#value(at)
      const given = found.get(value.name) ?? this.#value(value.name)
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
    for (const name of inputs) feeds.set(name, this.#value(name))
    return forward(this.#runtime, model, feeds)
  }

  #value(name: string): Tensor {
    const value = this.#values.get(name)
    if (value === undefined) throw new Error(`the original has no float value "${name}"`)
    return value
  }
}

function boundCopy(model: Model, sizes: InputSizes): Model {
  const bound = cloneModel(model)
  bindInputs(new Patch(bound), sizes)
  inferTypes(bound)
  return bound
}

const floatValues = ({ graph }: Model): Value[] =>
  [...valuesOf(graph)].filter(({ type, isInput }) => !isInput && isFloat(dtypeOf(type) ?? 'string'))

const bytesOf = (values: readonly Value[]): number =>
  values.reduce((sum, { type }) => sum + 4 * volume(staticShape(dimsOf(type)) ?? []), 0)

/** Runs a model once for some of its values, by name. */
function valuesWithin(
  model: Model,
  runtime: Runtime,
  feeds: Feeds,
  wanted: readonly Value[],
): Promise<Map<string, Tensor>> {
  const names = new Set(wanted.map(({ name }) => name))
  const shown = cloneModel(model)
  const patch = new Patch(shown)
  for (const value of valuesOf(shown.graph)) if (names.has(value.name)) expose(patch, value)
  return forward(runtime, shown, feeds)
}

/** How many layers tell what the images were like. */
const layersLookedAt = 4

/**
 * The scaling of images under which channels of the first layers deviate from their means by something near to 1, in logarithms:
 * that is where normalization has put them in training.
 */
async function likelyPreset(model: Model, runtime: Runtime, seed: number): Promise<ScalingPreset> {
  const layers = [...model.graph.nodes()].filter(isConvolution).slice(0, layersLookedAt)
  const outputs = layers.map((node) => node.outputs[0]!)
  const start = cloneSlice(model, {
    inputs: fedInputs(model),
    nodes: [...model.graph.nodes()].filter((node) => !layers.at(-1) || node.order <= layers.at(-1)!.order),
    outputs,
  })
  let best: { readonly preset: ScalingPreset; readonly distance: number } | undefined
  for (const preset of Object.keys(scalingPresets) as ScalingPreset[]) {
    const found = await forward(runtime, start, randomImages(start, preset, seed))
    const distance = outputs.reduce((sum, { name }) => sum + Math.abs(meanLogDeviation(found.get(name)!)), 0)
    if (best === undefined || distance < best.distance) best = { preset, distance }
  }
  return best!.preset
}

const isConvolution = (node: Node): boolean =>
  contextOf(node)?.resolved.op.traits.includes('convolution') === true && node.outputs[0] !== undefined

/** Of the channels of [samples, channels, places...]; dead ones do not count. */
function meanLogDeviation(tensor: Tensor): number {
  const [samples = 1, channels = 1] = tensor.dims
  const places = tensor.size / (samples * channels)
  const values = tensor.numbers()
  let [sum, count] = [0, 0]
  for (let channel = 0; channel < channels; channel++) {
    let [all, power] = [0, 0]
    for (let sample = 0; sample < samples; sample++) {
      for (let place = 0; place < places; place++) {
        const value = values[(sample * channels + channel) * places + place]!
        all += value / (samples * places)
        power += value ** 2 / (samples * places)
      }
    }
    const variance = power - all ** 2
    if (variance < deadVariance) continue
    sum += Math.log(variance) / 2
    count += 1
  }
  return count === 0 ? Number.POSITIVE_INFINITY : sum / count
}

/** Of what float32 makes of a constant. */
const deadVariance = 1e-9
