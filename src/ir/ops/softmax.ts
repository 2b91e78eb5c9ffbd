import { markedAxes } from './broadcast.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'

export const softmax = defineOp({
  type: 'Softmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
  traits: ['normalization', 'non-negative'],
  dims: (c) => [c.dims(0)],
  axes: overAxis,
})

export const logSoftmax = defineOp({
  type: 'LogSoftmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
  axes: overAxis,
})

export const hardmax = defineOp({
  type: 'Hardmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
  axes: overAxis,
})

export const lpNormalization = defineOp({
  type: 'LpNormalization',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = -1, p: int = 2} T: @float3',
    22: '(input: T) -> (output: T) {axis: int = -1, p: int = 2} T: @float4',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
  axes: (c) => {
    const rank = c.rank(0)
    return rank === undefined ? null : markedAxes(c, '~', (at) => at === c.axis(c.int('axis') ?? -1, rank))
  },
})

export const negativeLogLikelihoodLoss = defineOp({
  type: 'NegativeLogLikelihoodLoss',
  signatures: {
    12: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    13: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    22: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float4; Tind: int32|int64',
  },
  dims: (c) => [c.text('reduction') === 'none' ? c.dims(1) : []],
})

export const softmaxCrossEntropyLoss = defineOp({
  type: 'SoftmaxCrossEntropyLoss',
  signatures: {
    12: '(scores: T, labels: Tind, weights?: T) -> (output: T, log_prob?: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    13: '(scores: T, labels: Tind, weights?: T) -> (output: T, log_prob?: T) {ignore_index: int, reduction: string = "mean"} T: @float4; Tind: int32|int64',
  },
  dims: (c) => [c.text('reduction') === 'none' ? c.dims(1) : [], c.dims(0)],
})

export const softmaxOps = [
  softmax,
  logSoftmax,
  hardmax,
  lpNormalization,
  negativeLogLikelihoodLoss,
  softmaxCrossEntropyLoss,
]

/** Before opset 13 the axes from `axis` on are flattened and normalised together. */
function overAxis(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined) return null
  const axis = c.axis(c.int('axis') ?? -1, Math.max(rank, 1))
  const isOld = c.since < 13
  return markedAxes(c, '!', (at) => (isOld ? at >= axis : at === axis))
}
