import { defineOp } from './define.js'

export const reduceL1 = defineOp({
  type: 'ReduceL1',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceL2 = defineOp({
  type: 'ReduceL2',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceLogSum = defineOp({
  type: 'ReduceLogSum',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceLogSumExp = defineOp({
  type: 'ReduceLogSumExp',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceMax = defineOp({
  type: 'ReduceMax',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    12: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3|uint8|int8',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4|uint8|int8',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4|uint8|int8',
    20: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4|uint8|int8|bool',
  },
})

export const reduceMean = defineOp({
  type: 'ReduceMean',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceMin = defineOp({
  type: 'ReduceMin',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    12: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3|uint8|int8',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4|uint8|int8',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4|uint8|int8',
    20: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4|uint8|int8|bool',
  },
})

export const reduceProd = defineOp({
  type: 'ReduceProd',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceSum = defineOp({
  type: 'ReduceSum',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const reduceSumSquare = defineOp({
  type: 'ReduceSumSquare',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
})

export const argMax = defineOp({
  type: 'ArgMax',
  signatures: {
    1: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    11: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    12: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric3',
    13: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric4',
  },
})

export const argMin = defineOp({
  type: 'ArgMin',
  signatures: {
    1: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    11: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    12: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric3',
    13: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric4',
  },
})

export const cumSum = defineOp({
  type: 'CumSum',
  signatures: {
    11: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: uint32|uint64|int32|int64|float|double; T2: int32|int64',
    14: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: @wide4; T2: int32|int64',
  },
})

export const cumProd = defineOp({
  type: 'CumProd',
  signatures: {
    26: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: @wide4; T2: int32|int64',
  },
})

export const reduceOps = [
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
  argMax,
  argMin,
  cumSum,
  cumProd,
]
