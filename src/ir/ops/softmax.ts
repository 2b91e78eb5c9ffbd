import { defineOp } from './define.js'

export const softmax = defineOp({
  type: 'Softmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
})

export const logSoftmax = defineOp({
  type: 'LogSoftmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
})

export const hardmax = defineOp({
  type: 'Hardmax',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    13: '(input: T) -> (output: T) {axis: int = -1} T: @float4',
  },
})

export const lpNormalization = defineOp({
  type: 'LpNormalization',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = -1, p: int = 2} T: @float3',
    22: '(input: T) -> (output: T) {axis: int = -1, p: int = 2} T: @float4',
  },
})

export const negativeLogLikelihoodLoss = defineOp({
  type: 'NegativeLogLikelihoodLoss',
  signatures: {
    12: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    13: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    22: '(input: T, target: Tind, weight?: T) -> (loss: T) {ignore_index: int, reduction: string = "mean"} T: @float4; Tind: int32|int64',
  },
})

export const softmaxCrossEntropyLoss = defineOp({
  type: 'SoftmaxCrossEntropyLoss',
  signatures: {
    12: '(scores: T, labels: Tind, weights?: T) -> (output: T, log_prob?: T) {ignore_index: int, reduction: string = "mean"} T: @float3; Tind: int32|int64',
    13: '(scores: T, labels: Tind, weights?: T) -> (output: T, log_prob?: T) {ignore_index: int, reduction: string = "mean"} T: @float4; Tind: int32|int64',
  },
})

export const softmaxOps = [
  softmax,
  logSoftmax,
  hardmax,
  lpNormalization,
  negativeLogLikelihoodLoss,
  softmaxCrossEntropyLoss,
]
