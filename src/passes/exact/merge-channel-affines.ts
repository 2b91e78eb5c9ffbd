import { constantOf } from '../../ir/constant.js'
import type { Node } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, isSkip } from '../define.js'
import { allFinite, fromDoubles, isWritable } from '../weights.js'
import { channelAffine, spread } from './channel-affine.js'

/**
 * Per-channel maps in a row behind a normalization go into its scale and shift: Mul, Add, Sub, Div by constants, or another
 * BatchNormalization. The first one stays what it is, so no operator appears that was not there.
 */
export const mergeChannelAffines = definePass({
  id: 'merge-channel-affines',
  kind: 'rounding',
  rule: 's2 (s1 x + t1) + t2 = (s1 s2) x + (s2 t1 + t2), per channel',
  example: ['y = Add(Mul(BatchNormalization(x, g, b, m, v), s), t)', "y = BatchNormalization(x, g', b', m, v)"],
  roots: ['BatchNormalization', 'Mul', 'Add', 'Sub', 'Div'],
  match(node) {
    const inner = node.inputs.map((input) => input?.producer).find((producer) => hasScaleAndShift(producer))
    const rank = inner === undefined ? undefined : rankOf(inner)
    if (inner === undefined || rank === undefined || inner.graph !== node.graph) return null
    const second = channelAffine(node, 1, rank)
    const output = inner.outputs[0]
    if (second === null || isSkip(second) || second.input !== output || output?.soleUser !== node) return null
    const gamma = constantOf(inner.inputs[1])
    const beta = constantOf(inner.inputs[2])
    if (gamma === undefined || beta === undefined || gamma.rank !== 1 || beta.size !== gamma.size) return null
    const scale = spread(second.scale, gamma.size)
    const shift = spread(second.shift, gamma.size)
    if (scale === undefined || shift === undefined) return null
    if (!isWritable(gamma.dtype) || gamma.dtype !== beta.dtype) return null
    const newGamma = fromDoubles(
      gamma.dtype,
      gamma.dims,
      Float64Array.from(gamma.numbers(), (value, i) => value * scale[i]!),
    )
    const newBeta = fromDoubles(
      beta.dtype,
      beta.dims,
      Float64Array.from(beta.numbers(), (value, i) => value * scale[i]! + shift[i]!),
    )
    if (!allFinite(newGamma) || !allFinite(newBeta)) return null
    return (patch) => {
      patch.absorb(inner, node)
      patch.setConstant(inner, 1, newGamma)
      patch.setConstant(inner, 2, newBeta)
      patch.replaceNode(node, output)
    }
  },
})

/** A node whose output is scaled by its second input and shifted by its third, per channel, as the last thing it does. */
function hasScaleAndShift(node: Node | undefined): node is Node {
  if (node === undefined) return false
  if (node.is('InstanceNormalization')) return true
  // Before opset 21 it scales by group.
  if (node.is('GroupNormalization')) return (node.graph.opsets.get('') ?? 0) >= 21
  const affine = node.is('BatchNormalization') ? channelAffine(node, 1, rankOf(node) ?? 0) : null
  return affine !== null && !isSkip(affine)
}

const rankOf = (node: Node): number | undefined => dimsOf(node.inputs[0]?.type)?.length
