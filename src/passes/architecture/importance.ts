import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { volume } from '../../ir/tensor.js'
import type { ChannelGroup, GroupMember } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'
import { unitsAt } from './positions.js'

/** How much each unit of a group matters; the larger the more. What is left when a group is narrowed is the best of them. */
export type ChannelScores = (group: ChannelGroup) => Float64Array

/** Scores for a model that is being rewritten: what was found out of the original is looked up by what its values stand for. */
export type ChannelScorer = (correspondence: Correspondence) => ChannelScores

/** L2 norm of the weights that make each unit. */
export const weightNorm: ChannelScores = (group) => norm(group, ({ role }) => role === 'producer')

/** L2 norm of the weights that each unit is summed with. */
export const consumerNorm: ChannelScores = (group) => norm(group, ({ role }) => role === 'consumer')

/** |scale| of each unit in the BatchNormalizations (and the like) that are still there; undefined where there is none. */
export function batchNormScale(group: ChannelGroup): Float64Array | undefined {
  const scales = group.members.filter(
    ({ role, node, input }) => role === 'parameter' && input === 1 && hasTrait(node, 'normalization'),
  )
  return scales.length === 0 ? undefined : norm(group, (member) => scales.includes(member))
}

/**
 * |scale| x norm of the consumers' weights; the norm of the producers' weights stands for the scale where BatchNormalization was
 * folded into them.
 */
export const scaledConsumerNorm: ChannelScores = (group) => {
  const made = batchNormScale(group) ?? weightNorm(group)
  const used = consumerNorm(group)
  return made.map((value, i) => value * used[i]!)
}

/**
 * What is gone by when nobody hands in anything better: the consumers' weights, or the producers' where a group has no
 * consumers with weights. Of the rules that look at weights alone it did best (bench/channel-importance.mjs).
 */
export const weightScores: ChannelScores = (group) => {
  const used = consumerNorm(group)
  return used.some((value) => value !== 0) ? used : weightNorm(group)
}

/** Units from the best to the worst; of equal ones the first comes first. */
export function rankedUnits(scores: Float64Array): Int32Array {
  const ranked = Array.from(scores, (score, unit) => ({ score, unit }))
  ranked.sort((a, b) => b.score - a.score || a.unit - b.unit)
  return Int32Array.from(ranked, ({ unit }) => unit)
}

/** The `count` best units, in their old order. */
export const bestUnits = (scores: Float64Array, count: number): Int32Array => rankedUnits(scores).slice(0, count).sort()

/** Root of the sum of squares over all elements that belong to a unit, over the members asked for. */
function norm(group: ChannelGroup, isAsked: (member: GroupMember) => boolean): Float64Array {
  const squares = new Float64Array(group.units)
  for (const member of group.members) {
    const { node, input, axis, value } = member
    if (node === undefined || !isAsked(member)) continue
    const weights = weightValues(value)
    const form = group.table.ofInput(node, input!)?.[axis]
    if (weights === undefined || form === undefined) continue
    const units = unitsAt(form, group.run)
    const inner = volume(weights.dims.slice(axis + 1))
    for (let i = 0; i < weights.values.length; i++) {
      const unit = units[Math.floor(i / inner) % units.length]!
      if (unit >= 0) squares[unit]! += weights.values[i]! ** 2
    }
  }
  return squares.map(Math.sqrt)
}

export interface Weights {
  readonly dims: readonly number[]
  readonly values: ArrayLike<number>
}

/** The numbers of a weight: a constant, or what a quantized one stands for. */
export function weightValues(value: Value): Weights | undefined {
  const tensor = constantOf(value)
  if (tensor !== undefined)
    return tensor.dtype === 'string' ? undefined : { dims: tensor.dims, values: tensor.numbers() }
  return value.producer === undefined ? undefined : dequantized(value.producer)
}

/** (x - zero point) * scale, along an axis or for all. Source: ONNX DequantizeLinear. */
function dequantized(node: Node): Weights | undefined {
  const [x, scale, zeroPoint] = node.inputs.map(constantOf)
  if (x === undefined || scale === undefined || !hasTrait(node, 'quantization')) return undefined
  const values = x.numbers()
  const [scales, zeros] = [scale.numbers(), zeroPoint?.numbers()]
  const axis = contextOf(node)!.context.axis(node.int('axis', 1), Math.max(x.rank, 2))
  const inner = volume(x.dims.slice(axis + 1))
  const entry = (list: ArrayLike<number>, i: number) =>
    list.length === 1 ? list[0]! : list[Math.floor(i / inner) % list.length]!
  return {
    dims: x.dims,
    values: Float64Array.from(values, (q, i) => (q - (zeros === undefined ? 0 : entry(zeros, i))) * entry(scales, i)),
  }
}

const hasTrait = (node: Node | undefined, trait: 'normalization' | 'quantization'): boolean =>
  node !== undefined && contextOf(node)?.resolved.op.traits.includes(trait) === true
