import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { slidingWindow } from '../../ir/ops/sliding-window.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, isSkip, skip } from '../define.js'
import { scaleAlong, toDoubles } from '../weights.js'
import { channelAffine, spread } from './channel-affine.js'
import { isSharedWeight, type LinearLayer, linearLayer, roundedWeights, setWeights } from './linear-layer.js'
import { geluOf } from './recognise-gelu.js'
import { isNormalisationTail } from './remove-neutral-operand.js'

/**
 * W (s x + t) + b = (W s) x + (b + W t), per input channel, for Conv, ConvTranspose, Gemm and MatMul. With padding the border
 * sees zeros, not t: then only a scale (t = 0) may be folded, and so where nothing takes a bias. Grouped and depthwise
 * convolutions take the channels of their group.
 */
export const foldInputAffine = definePass({
  id: 'fold-input-affine',
  kind: 'rounding',
  rule: 'W (s x + t) + b = (W s) x + (b + W t), per input channel, where no padding shows t',
  example: ['y = Conv(BatchNormalization(x, g, b, m, v), w)', "y = Conv(x, w', b')"],
  roots: ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'],
  match(node) {
    const before = node.inputs[0]?.producer
    if (before === undefined || before.graph !== node.graph || node.inputs[0]!.soleUser !== node) return null
    const layer = linearLayer(node)
    const side = layer === undefined ? undefined : inputSide(layer)
    if (layer === undefined || side === undefined) return null
    const affine = channelAffine(before, side.axis, layer.rank)
    if (affine === null) return null
    if (isSkip(affine)) return affine
    const scale = spread(affine.scale, side.channels)
    const shift = spread(affine.shift, side.channels)
    if (scale === undefined || shift === undefined) return null
    // The map may have broadcast its input: then the layer does not fit what was there before.
    const dims = dimsOf(affine.input.type)
    const fits = dims?.length === layer.rank && dims[side.axis] === side.channels
    if (!fits && !before.is('BatchNormalization')) return null
    const hasShift = shift.some((value) => value !== 0)
    if (hasShift && side.shiftedBias === undefined)
      return skip('padding-shows-shift', node, 'none: at the border the layer sees zeros, or it takes no bias')
    if (isSharedWeight(node.inputs[1], layer.weight))
      return skip('shared-weight', node, 'none: other layers take the same weight, which would have to be copied')
    if (endsFormula(before))
      return skip('formula-tail', node, 'none: it ends a formula that runtimes recognise as one operator')
    const bias = hasShift ? side.shiftedBias!(shift) : undefined
    const weights = roundedWeights(layer, side.scaledWeight(scale), bias)
    if (weights === undefined) return skip('overflow', node, 'none: the scaled weights do not fit their dtype')
    return (patch) => {
      patch.absorb(node, before)
      setWeights(patch, layer, weights)
      patch.setInput(node, 0, affine.input)
    }
  },
})

/** Whether a map is the end of a spelled-out Gelu or layer normalization, for which the opset has no operator. */
const endsFormula = (node: Node): boolean =>
  geluOf(node) !== undefined || node.inputs.some((input) => input !== undefined && isNormalisationTail(input))

/** A linear layer seen from its first input. */
interface InputSide {
  readonly channels: number
  /** Axis of the input that holds them. */
  readonly axis: number
  scaledWeight(scale: Float64Array): Float64Array
  /** b + W t; undefined where a shift cannot be folded. */
  readonly shiftedBias: ((shift: Float64Array) => Float64Array) | undefined
}

function inputSide(layer: LinearLayer): InputSide | undefined {
  const { node, weight } = layer
  const { dims } = weight
  const context = contextOf(node)?.context
  if (context === undefined) return undefined
  const values = () => toDoubles(weight)!
  if (node.is('Conv')) {
    const group = context.int('group') ?? 1
    return {
      channels: dims[1]! * group,
      axis: 1,
      scaledWeight: (scale) => scaleByGroup(values(), dims, group, scale),
      shiftedBias: isUnpadded(node)
        ? (shift) => addShift(layer, scaleByGroup(values(), dims, group, shift))
        : undefined,
    }
  }
  if (node.is('ConvTranspose')) {
    const scaledWeight = (scale: Float64Array) => scaleAlong(values(), dims, 0, scale)
    return { channels: dims[0]!, axis: 1, scaledWeight, shiftedBias: undefined }
  }
  if (context.int('transA') === 1) return undefined
  const along = context.int('transB') === 1 ? 1 : 0
  const alpha = context.float('alpha') ?? 1
  const scaledWeight = (scale: Float64Array) => scaleAlong(values(), dims, along, scale)
  return {
    channels: dims[along]!,
    axis: layer.rank - 1,
    scaledWeight,
    shiftedBias: layer.takesBias ? (shift) => addProducts(layer, scaledWeight(shift), along, alpha) : undefined,
  }
}

/** w [M, C/group, k...] times the scale of the input channel that each weight takes. */
function scaleByGroup(values: Float64Array, dims: readonly number[], group: number, scale: Float64Array): Float64Array {
  const [outChannels, perGroup] = dims as [number, number]
  const taps = values.length / (outChannels * perGroup)
  const outPerGroup = outChannels / group
  return values.map((value, i) => {
    const row = Math.floor(i / taps)
    const first = Math.floor(Math.floor(row / perGroup) / outPerGroup) * perGroup
    return value * scale[first + (row % perGroup)]!
  })
}

/** The bias plus, for each output channel m, the sum of the products [M, ...]. */
function addShift({ bias }: LinearLayer, products: Float64Array): Float64Array {
  const row = products.length / bias.length
  return bias.map((value, m) => products.subarray(m * row, (m + 1) * row).reduce((sum, each) => sum + each, value))
}

/** The bias plus alpha times the sum of the products [K, N] (or [N, K]) over K. */
function addProducts({ bias }: LinearLayer, products: Float64Array, along: 0 | 1, alpha: number): Float64Array {
  const out = Float64Array.from(bias)
  const row = along === 0 ? bias.length : products.length / bias.length
  for (let i = 0; i < products.length; i++) out[along === 0 ? i % row : Math.floor(i / row)]! += alpha * products[i]!
  return out
}

function isUnpadded(node: Node): boolean {
  const found = contextOf(node)
  const kernel = linearLayer(node)?.weight.dims.slice(2)
  const pads = found === undefined ? undefined : slidingWindow(found.context, kernel)?.pads
  return pads !== undefined && [...pads.begin, ...pads.end].every((pad) => pad === 0)
}
