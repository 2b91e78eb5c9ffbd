import { constantOf } from '../../ir/constant.js'
import { productOfDims } from '../../ir/dim.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { contextOf, inferTypes } from '../../ir/infer.js'
import { attr, Patch } from '../../ir/patch.js'
import { volume } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { cloneModel } from '../../passes/clone-model.js'
import { isSkip } from '../../passes/define.js'
import { channelAffine } from '../../passes/exact/channel-affine.js'
import { fromDoubles, isWritable } from '../../passes/weights.js'
import { SeededRandom } from '../../runtime/random.js'
import { bindInputs, type InputSizes } from './input-sizes.js'

export interface RandomNetOptions {
  readonly seed: number
  /** Standard deviation of a layer's weights, by the products that are summed for one of its outputs; default: He's. */
  readonly deviation?: (fanIn: number) => number
  /** The magnitudes of the weights instead of the weights. */
  readonly isPositive?: boolean
  /** Whether outputs of layers are normalized, as BatchNormalization does it at first; default: yes. */
  readonly isNormalized?: boolean
}

/** A layer of a random net. */
export interface RandomLayer {
  readonly node: Node
  /** Products that are summed for one element of the output. */
  readonly fanIn: number
  /** What the weights give. */
  readonly output: Value
  /** What the rest of the net sees of it: the output, normalized where it is. */
  readonly result: Value
}

/** A model without anything that it has learned. All sizes are numbers. */
export interface RandomNet {
  readonly model: Model
  /** In execution order. */
  readonly layers: readonly RandomLayer[]
}

/** Keeps the variance of what goes through rectifiers. Source: He et al. 2015. */
export const heDeviation = (fanIn: number): number => Math.sqrt(2 / fanIn)

/**
 * A copy of a model with random weights in every linear layer that has constant ones: normal numbers, no biases. The same seed and
 * the same layers give the same weights.
 *
 * Scores of random nets are about nets as they are before training, where a BatchNormalization with scale 1 and shift 0 follows
 * each layer. Of trained nets it has been folded into the weights, and without it linear bottlenecks double the variance from
 * block to block until ReLU6 is saturated. So every layer but those that give outputs of the model is normalized over samples and
 * places, channel by channel, as a fresh BatchNormalization in training would do it; trained scales and shifts right behind
 * layers go, and so do those of the input: normal numbers are normalized already.
 */
export function randomised(model: Model, sizes: InputSizes, options: RandomNetOptions): RandomNet {
  const { seed, deviation = heDeviation, isPositive = false, isNormalized = true } = options
  const copy = cloneModel(model)
  const patch = new Patch(copy)
  bindInputs(patch, sizes)
  inferTypes(copy)
  dropAffines(copy, patch)
  const random = new SeededRandom(seed)
  const layers = [...copy.graph.nodes()].flatMap((node): RandomLayer[] => {
    const weight = weightOf(node)
    const fanIn = fanInOf(node)
    if (weight === undefined || fanIn === undefined) return []
    const { dtype, dims } = constantOf(node.inputs[weight])!
    const scale = deviation(fanIn)
    const drawn = Float64Array.from({ length: volume(dims) }, () => {
      const value = scale * random.normal()
      return isPositive ? Math.abs(value) : value
    })
    patch.setConstant(node, weight, fromDoubles(dtype, dims, drawn))
    zeroBiases(node, weight, patch)
    const output = node.outputs[0]!
    return [{ node, fanIn, output, result: isNormalized ? normalized(output, patch) : output }]
  })
  patch.collectGarbage(() => false)
  return { model: copy, layers }
}

/** Which input of a linear layer is the weight: the first that is constant, where the other one is computed. */
function weightOf(node: Node): number | undefined {
  const traits = contextOf(node)?.resolved.op.traits ?? []
  if (!traits.includes('linear') || !(traits.includes('convolution') || traits.includes('matmul'))) return undefined
  const weight = node.inputs.findIndex((input) => constantOf(input) !== undefined)
  if (weight !== 0 && weight !== 1) return undefined
  return isWritable(constantOf(node.inputs[weight])!.dtype) ? weight : undefined
}

/** Multiply-accumulates for one element of the output. */
function fanInOf(node: Node): number | undefined {
  const found = contextOf(node)
  const [macs, dims] = [found?.resolved.op.macs?.(found.context), dimsOf(node.outputs[0]?.type)]
  const elements = dims === undefined ? undefined : productOfDims(dims)
  if (typeof macs !== 'number' || typeof elements !== 'number' || elements === 0) return undefined
  return macs / elements
}

function zeroBiases(node: Node, weight: number, patch: Patch): void {
  for (const [index, input] of node.inputs.entries()) {
    const tensor = constantOf(input)
    if (tensor === undefined || index <= weight || !isWritable(tensor.dtype)) continue
    patch.setConstant(node, index, fromDoubles(tensor.dtype, tensor.dims, new Float64Array(tensor.size)))
  }
}

/** Scales and shifts by channel of what comes straight from an input or a linear layer: those of a normalization. */
function dropAffines(model: Model, patch: Patch): void {
  for (const node of model.graph.nodes()) {
    const output = node.outputs[0]
    const rank = dimsOf(output?.type)?.length
    const affine = rank === undefined ? null : channelAffine(node, 1, rank)
    if (output === undefined || affine === null || isSkip(affine)) continue
    const { input } = affine
    const isPlain = input.producer === undefined || weightOf(input.producer) !== undefined
    if (!isPlain || input.soleUser !== node || !Patch.canReplace(output, input)) continue
    patch.replaceValue(output, input)
    patch.removeIfDead(node)
  }
}

/** Mean 0, variance 1 over all axes but that of the channels (1). What the model itself gives is left alone. */
function normalized(value: Value, patch: Patch): Value {
  const rank = dimsOf(value.type)?.length
  const isPossible = patch.canUse(value.graph, 'MeanVarianceNormalization', 9)
  if (rank === undefined || value.isGraphOutput || !isPossible) return value
  const users = [...value.users.keys()]
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1)
  const spec = { inputs: [value], attributes: { axes: attr.ints(axes) }, from: [] }
  const node = patch.insertAfter(value.producer!, { opType: 'MeanVarianceNormalization', name: value.name, ...spec })
  const result = node.outputs[0]!
  for (const user of users) {
    user.inputs.forEach((input, slot) => {
      if (input === value) patch.setInput(user, slot, result)
    })
  }
  return result
}
