import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { type Skip, skip } from '../define.js'
import { toDoubles } from '../weights.js'

/** y = scale * x + shift, per channel. Lists have one entry per channel, or one for all of them. */
export interface ChannelAffine {
  /** The value that is scaled and shifted. */
  readonly input: Value
  readonly scale: Float64Array
  readonly shift: Float64Array
  /** Whether the shift is zero everywhere. */
  readonly isScaleOnly: boolean
}

/**
 * Reads a node as a per-channel affine map of one input, channels on axis `axis` of `rank`: BatchNormalization at
 * inference, and Add, Sub, Mul, Div with a constant that varies along that axis alone.
 */
export function channelAffine(node: Node, axis: number, rank: number): ChannelAffine | Skip | null {
  if (node.is('BatchNormalization')) return axis === 1 ? batchNormalization(node) : null
  if (!['Add', 'Sub', 'Mul', 'Div'].some((type) => node.is(type))) return null
  if (node.attributes.has('axis') || node.attributes.has('broadcast')) return oldBroadcast(node, axis)
  const [left, right] = node.inputs
  if (left === undefined || right === undefined) return null
  const leftConstant = constantOf(left)
  const constant = constantOf(right) ?? leftConstant
  if (constant === undefined || (leftConstant !== undefined && constantOf(right) !== undefined)) return null
  const isReversed = constant === leftConstant
  const vector = alongAxis(constant, axis, rank)
  if (vector === undefined) return null
  return affineOf(node, isReversed ? right : left, vector, isReversed)
}

/** Before opset 7: `axis` says where the second operand's shape lies in the first's. */
function oldBroadcast(node: Node, axis: number): ChannelAffine | null {
  const [left, right] = node.inputs
  const constant = constantOf(right)
  if (left === undefined || constant === undefined || node.int('broadcast', 0) !== 1) return null
  const rank = dimsOf(left.type)?.length
  const at = node.int('axis') ?? (rank === undefined ? -1 : rank - constant.rank)
  const isVector = constant.size === 1 || (constant.rank >= 1 && constant.dims[0] === constant.size && at === axis)
  const values = isVector ? toDoubles(constant) : undefined
  return values === undefined ? null : affineOf(node, left, values, false)
}

function affineOf(node: Node, input: Value, vector: Float64Array, isReversed: boolean): ChannelAffine | null {
  const zero = new Float64Array(vector.length)
  const one = new Float64Array(vector.length).fill(1)
  switch (node.opType) {
    case 'Add':
      return { input, scale: one, shift: vector, isScaleOnly: false }
    case 'Sub':
      return isReversed
        ? { input, scale: one.map(() => -1), shift: vector, isScaleOnly: false }
        : { input, scale: one, shift: vector.map((value) => -value), isScaleOnly: false }
    case 'Mul':
      return { input, scale: vector, shift: zero, isScaleOnly: true }
    default:
      if (isReversed || vector.some((value) => value === 0)) return null
      return { input, scale: vector.map((value) => 1 / value), shift: zero, isScaleOnly: true }
  }
}

/** The constant as one value per index of the axis, when it varies along nothing else; ranks are aligned at the end. */
function alongAxis(constant: Tensor, axis: number, rank: number): Float64Array | undefined {
  if (constant.rank > rank) return undefined
  const own = axis - (rank - constant.rank)
  const varies = constant.dims.some((dim, i) => dim !== 1 && i !== own)
  return varies ? undefined : toDoubles(constant)
}

/** scale / sqrt(var + epsilon) and B - mean * that. Source: ONNX BatchNormalization, opsets 1 to 15. */
function batchNormalization(node: Node): ChannelAffine | Skip | null {
  const found = contextOf(node)
  const input = node.inputs[0]
  if (found === undefined || input === undefined) return null
  const { context } = found
  const remedy = 'export the model in inference mode'
  if (context.int('training_mode') === 1 || node.outputs.slice(1).some((output) => output !== undefined)) {
    return skip('training-mode', node, remedy)
  }
  if (context.since < 7 && context.int('is_test') !== 1) return skip('training-mode', node, remedy)
  if (context.int('spatial') === 0)
    return skip('per-activation-statistics', node, 'none: opset 1 to 8 with spatial = 0')
  const parts = [1, 2, 3, 4].map((i) => constantOf(node.inputs[i]))
  const [gamma, beta, mean, variance] = parts.map((tensor) => (tensor === undefined ? undefined : toDoubles(tensor)))
  if (gamma === undefined || beta === undefined || mean === undefined || variance === undefined) {
    return skip('not-constant', node, 'none: its parameters are computed')
  }
  const epsilon = context.float('epsilon') ?? 1e-5
  const scale = gamma.map((value, i) => value / Math.sqrt(variance[i]! + epsilon))
  if (scale.some((value) => !Number.isFinite(value))) return skip('not-finite', node, 'none: a variance is negative')
  return { input, scale, shift: beta.map((value, i) => value - mean[i]! * scale[i]!), isScaleOnly: false }
}

/** One entry per channel. */
export const spread = (list: Float64Array, channels: number): Float64Array | undefined =>
  list.length === channels ? list : list.length === 1 ? new Float64Array(channels).fill(list[0]!) : undefined
