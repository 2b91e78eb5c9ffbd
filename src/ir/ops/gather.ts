import { defineOp } from './define.js'

export const gather = defineOp({
  type: 'Gather',
  signatures: {
    1: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    11: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
  },
})

export const gatherElements = defineOp({
  type: 'GatherElements',
  signatures: {
    11: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
  },
})

export const gatherND = defineOp({
  type: 'GatherND',
  signatures: {
    11: '(data: T, indices: int64) -> (output: T) T: @ir3',
    12: '(data: T, indices: int64) -> (output: T) {batch_dims: int = 0} T: @ir3',
    13: '(data: T, indices: int64) -> (output: T) {batch_dims: int = 0} T: @ir4',
  },
})

export const scatter = defineOp({
  type: 'Scatter',
  signatures: {
    9: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    11: 'deprecated',
  },
})

export const scatterElements = defineOp({
  type: 'ScatterElements',
  signatures: {
    11: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
    16: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0, reduction: string = "none"} T: @ir4; Tind: int32|int64',
    18: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0, reduction: string = "none"} T: @ir4; Tind: int32|int64',
  },
})

export const scatterND = defineOp({
  type: 'ScatterND',
  signatures: {
    11: '(data: T, indices: int64, updates: T) -> (output: T) T: @ir3',
    13: '(data: T, indices: int64, updates: T) -> (output: T) T: @ir4',
    16: '(data: T, indices: int64, updates: T) -> (output: T) {reduction: string = "none"} T: @ir4',
    18: '(data: T, indices: int64, updates: T) -> (output: T) {reduction: string = "none"} T: @ir4',
  },
})

export const tensorScatter = defineOp({
  type: 'TensorScatter',
  signatures: {
    24: '(past_cache: T, update: T, write_indices?: int64) -> (present_cache: T) {axis: int = -2, mode: string = "linear"} T: @ir12',
  },
})

export const oneHot = defineOp({
  type: 'OneHot',
  signatures: {
    9: '(indices: T1, depth: T2, values: T3) -> (output: T3) {axis: int = -1} T1: @numeric3; T2: @numeric3; T3: @ir3',
    11: '(indices: T1, depth: T2, values: T3) -> (output: T3) {axis: int = -1} T1: @numeric3; T2: @numeric3; T3: @ir3',
  },
})

export const compress = defineOp({
  type: 'Compress',
  signatures: {
    9: '(input: T, condition: T1) -> (output: T) {axis: int} T: @ir3; T1: bool',
    11: '(input: T, condition: T1) -> (output: T) {axis: int} T: @ir3; T1: bool',
  },
})

export const nonZero = defineOp({
  type: 'NonZero',
  signatures: {
    9: '(X: T) -> (Y: int64) T: @ir3',
    13: '(X: T) -> (Y: int64) T: @ir4',
  },
})

export const unique = defineOp({
  type: 'Unique',
  signatures: {
    11: '(X: T) -> (Y: T, indices?: int64, inverse_indices?: int64, counts?: int64) {axis: int, sorted: int = 1} T: @ir3',
  },
})

export const topK = defineOp({
  type: 'TopK',
  signatures: {
    1: '(X: T) -> (Values: T, Indices: I) {axis: int = -1, k!: int} T: @float3; I: int64',
    10: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1} T: @float3; I: int64',
    11: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1, largest: int = 1, sorted: int = 1} T: @numeric3; I: int64',
    24: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1, largest: int = 1, sorted: int = 1} T: @numeric4; I: int64',
  },
})

export const reverseSequence = defineOp({
  type: 'ReverseSequence',
  signatures: {
    10: '(input: T, sequence_lens: int64) -> (Y: T) {batch_axis: int = 1, time_axis: int = 0} T: @ir3',
  },
})

export const trilu = defineOp({
  type: 'Trilu',
  signatures: {
    14: '(input: T, k?: int64) -> (output: T) {upper: int = 1} T: @ir4',
  },
})

export const gatherOps = [
  gather,
  gatherElements,
  gatherND,
  scatter,
  scatterElements,
  scatterND,
  tensorScatter,
  oneHot,
  compress,
  nonZero,
  unique,
  topK,
  reverseSequence,
  trilu,
]
