import { constantOf } from '../../ir/constant.js'
import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
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

/** x + a + b = x + (a + b), x * a * b = x * (a * b) for scalar or equally shaped constants. */
export const mergeConstantOperands = definePass({
  id: 'merge-constant-operands',
  kind: 'rounding',
  rule: '(x + a) + b = x + (a + b); (x * a) * b = x * (a * b)',
  example: ['y = Mul(Mul(x, 2), 3)', 'y = Mul(x, 6)'],
  roots: ['Add', 'Mul'],
  match(node) {
    const outer = operands(node)
    const inner = outer?.data.producer
    const under = inner?.is(node.opType) && outer!.data.soleUser === node ? operands(inner) : undefined
    if (outer === undefined || inner === undefined || under === undefined || contextOf(node)!.resolved.since < 7)
      return null
    const [a, b] = [under.tensor, outer.tensor]
    if (a.dtype !== b.dtype || !isWritable(a.dtype)) return null
    if (a.size !== 1 && b.size !== 1 && a.dims.join() !== b.dims.join()) return null
    const large = a.rank > b.rank || (a.rank === b.rank && a.size >= b.size) ? a : b
    if (large.size < Math.max(a.size, b.size)) return null
    const [x, y] = [a.numbers(), b.numbers()]
    const join = node.opType === 'Add' ? (p: number, q: number) => p + q : (p: number, q: number) => p * q
    const values = Float64Array.from({ length: large.size }, (_, i) =>
      join(x[a.size === 1 ? 0 : i]!, y[b.size === 1 ? 0 : i]!),
    )
    const merged = fromDoubles(large.dtype, large.dims, values)
    if (!allFinite(merged)) return null
    return (patch) => {
      patch.absorb(node, inner)
      const constant = patch.constant(node.graph, merged, outer.name)
      patch.setInput(node, outer.dataIndex, under.data)
      patch.setInput(node, 1 - outer.dataIndex, constant)
    }
  },
})

/** The computed and the constant operand of a binary node. */
function operands(node: Node) {
  const [left, right] = node.inputs
  if (left === undefined || right === undefined || node.attributes.size > 0) return undefined
  const [a, b] = [constantOf(left), constantOf(right)]
  if ((a === undefined) === (b === undefined)) return undefined
  return a === undefined
    ? { data: left, dataIndex: 0, tensor: b!, name: right.name }
    : { data: right, dataIndex: 1, tensor: a, name: left.name }
}
