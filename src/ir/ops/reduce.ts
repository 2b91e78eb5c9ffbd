import { productOfDims } from '../dim.js'
import { markedAxes } from './broadcast.js'
import { reducedContent } from './content.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'
import { argAxes, argDims, reducedAxes, reducedDims, summedAxes } from './reduced-axes.js'

export const reduceL1 = defineOp({
  type: 'ReduceL1',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: summedAxes,
})

export const reduceL2 = defineOp({
  type: 'ReduceL2',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: summedAxes,
})

export const reduceLogSum = defineOp({
  type: 'ReduceLogSum',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
})

export const reduceLogSumExp = defineOp({
  type: 'ReduceLogSumExp',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
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
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
})

export const reduceMean = defineOp({
  type: 'ReduceMean',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction', 'linear'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
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
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
})

export const reduceProd = defineOp({
  type: 'ReduceProd',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: reducedAxes,
  content: (c) => reducedContent(c, productOfDims),
})

export const reduceSum = defineOp({
  type: 'ReduceSum',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction', 'linear'],
  dims: (c) => [reducedDims(c)],
  axes: summedAxes,
})

export const reduceSumSquare = defineOp({
  type: 'ReduceSumSquare',
  signatures: {
    1: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    11: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide3',
    13: '(data: T) -> (reduced: T) {axes: ints, keepdims: int = 1} T: @wide4',
    18: '(data: T, axes?: int64) -> (reduced: T) {keepdims: int = 1, noop_with_empty_axes: int = 0} T: @wide4',
  },
  traits: ['reduction'],
  dims: (c) => [reducedDims(c)],
  axes: summedAxes,
})

export const argMax = defineOp({
  type: 'ArgMax',
  signatures: {
    1: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    11: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    12: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric3',
    13: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric4',
  },
  traits: ['reduction'],
  dims: (c) => [argDims(c)],
  axes: argAxes,
})

export const argMin = defineOp({
  type: 'ArgMin',
  signatures: {
    1: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    11: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1} T: @numeric3',
    12: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric3',
    13: '(data: T) -> (reduced: int64) {axis: int = 0, keepdims: int = 1, select_last_index: int = 0} T: @numeric4',
  },
  traits: ['reduction'],
  dims: (c) => [argDims(c)],
  axes: argAxes,
})

export const cumSum = defineOp({
  type: 'CumSum',
  signatures: {
    11: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: uint32|uint64|int32|int64|float|double; T2: int32|int64',
    14: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: @wide4; T2: int32|int64',
  },
  traits: ['linear'],
  dims: (c) => [c.dims(0)],
  axes: alongAxis,
})

export const cumProd = defineOp({
  type: 'CumProd',
  signatures: {
    26: '(x: T, axis: T2) -> (y: T) {exclusive: int = 0, reverse: int = 0} T: @wide4; T2: int32|int64',
  },
  dims: (c) => [c.dims(0)],
  axes: alongAxis,
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

/** Elements along the axis depend on each other; the axis is constant or everything is pinned. */
function alongAxis(c: OpContext): string | null {
  const rank = c.rank(0)
  const [axis] = c.numbers(1) ?? []
  if (rank === undefined || axis === undefined) return null
  const position = c.axis(axis, rank)
  return markedAxes(c, '!', (at) => at === position)
}
