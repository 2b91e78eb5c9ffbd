import { constantOf } from '../../ir/constant.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { slidingWindow } from '../../ir/ops/sliding-window.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, isSkip, skip } from '../define.js'
import { allFinite, fromDoubles, isFaithful, isWritable, toDoubles } from '../weights.js'
import { channelAffine, spread } from './channel-affine.js'
import { isSharedWeight } from './linear-layer.js'

/**
 * W (s x + t) + b = (W s) x + (b + W t), per input channel. With padding the border sees zeros, not t: then only a scale
 * (t = 0) may be folded. Grouped and depthwise convolutions take the channels of their group.
 */
export const foldInputAffine = definePass({
  id: 'fold-input-affine',
  kind: 'rounding',
  rule: 'W (s x + t) + b = (W s) x + (b + W t), per input channel, where no padding shows t',
  example: ['y = Conv(BatchNormalization(x, g, b, m, v), w)', "y = Conv(x, w', b')"],
  roots: ['Conv'],
  match(node) {
    const before = node.inputs[0]?.producer
    const weight = constantOf(node.inputs[1])
    if (before === undefined || weight === undefined || !node.is('Conv') || !isWritable(weight.dtype)) return null
    if (before.graph !== node.graph || node.inputs[0]!.soleUser !== node) return null
    const affine = channelAffine(before, 1, weight.rank)
    if (affine === null) return null
    if (isSkip(affine)) return affine
    const group = contextOf(node)?.context.int('group') ?? 1
    const channels = weight.dims[1]! * group
    const scale = spread(affine.scale, channels)
    const shift = spread(affine.shift, channels)
    const biasTensor = constantOf(node.inputs[2])
    if (scale === undefined || shift === undefined || (node.inputs[2] !== undefined && biasTensor === undefined))
      return null
    // The map may have broadcast its input: then the convolution does not fit what was there before.
    const dims = dimsOf(affine.input.type)
    if (!before.is('BatchNormalization') && (dims?.length !== weight.rank || dims[1] !== channels)) return null
    if (isSharedWeight(node.inputs[1], weight))
      return skip('shared-weight', node, 'none: other layers take the same weight, which would have to be copied')
    const hasShift = shift.some((value) => value !== 0)
    if (hasShift && !isUnpadded(node))
      return skip('padding-shows-shift', node, 'none: at the border the convolution sees zeros, not the shift')
    const folded = fold(toDoubles(weight)!, weight.dims, group, scale, shift)
    const newWeight = fromDoubles(weight.dtype, weight.dims, folded.weight)
    const old = biasTensor === undefined ? new Float64Array(weight.dims[0]!) : toDoubles(biasTensor)
    if (old === undefined) return null
    const newBias = fromDoubles(
      weight.dtype,
      [weight.dims[0]!],
      old.map((value, i) => value + folded.bias[i]!),
    )
    if (!isFaithful(newWeight, folded.weight, weight) || !allFinite(newBias))
      return skip('overflow', node, 'none: the scaled weights do not fit their dtype')
    return (patch) => {
      patch.absorb(node, before)
      patch.setConstant(node, 1, newWeight)
      if (hasShift) patch.setConstant(node, 2, newBias, node.inputs[2]?.name ?? `${node.inputs[1]!.name}_bias`)
      patch.setInput(node, 0, affine.input)
    }
  },
})

/** Weights scaled by input channel, and what the shift adds to each output channel. w [M, C/group, k...]. */
function fold(weight: Float64Array, dims: readonly number[], group: number, scale: Float64Array, shift: Float64Array) {
  const [outChannels, perGroup] = dims as [number, number]
  const taps = weight.length / (outChannels * perGroup)
  const out = new Float64Array(weight.length)
  const bias = new Float64Array(outChannels)
  for (let m = 0; m < outChannels; m++) {
    const first = Math.floor(m / (outChannels / group)) * perGroup
    for (let c = 0; c < perGroup; c++) {
      for (let k = 0; k < taps; k++) {
        const i = (m * perGroup + c) * taps + k
        out[i] = weight[i]! * scale[first + c]!
        bias[m]! += weight[i]! * shift[first + c]!
      }
    }
  }
  return { weight: out, bias }
}

function isUnpadded(node: Node): boolean {
  const found = contextOf(node)
  const kernel = constantOf(node.inputs[1])?.dims.slice(2)
  const pads = found === undefined ? undefined : slidingWindow(found.context, kernel)?.pads
  return pads !== undefined && [...pads.begin, ...pads.end].every((pad) => pad === 0)
}
