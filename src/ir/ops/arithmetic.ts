import { addDims, mulDims, subDims } from '../dim.js'
import { broadcastAxes, broadcastInputs, sameAxes } from './broadcast.js'
import { elementwiseContent, evenQuotient, evenRemainder, extremum } from './content.js'
import { defineOp } from './define.js'
import { evaluateBinary, evaluateUnary } from './evaluate.js'

export const add = defineOp({
  type: 'Add',
  signatures: {
    1: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0, consumed_inputs: ints} T: @float3',
    6: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0} T: @wide3',
    7: '(A: T, B: T) -> (C: T) T: @wide3',
    13: '(A: T, B: T) -> (C: T) T: @wide4',
    14: '(A: T, B: T) -> (C: T) T: @numeric4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, addDims),
  evaluate: (c) => evaluateBinary(c, 'add'),
})

export const sub = defineOp({
  type: 'Sub',
  signatures: {
    1: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0, consumed_inputs: ints} T: @float3',
    6: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0} T: @wide3',
    7: '(A: T, B: T) -> (C: T) T: @wide3',
    13: '(A: T, B: T) -> (C: T) T: @wide4',
    14: '(A: T, B: T) -> (C: T) T: @numeric4',
  },
  traits: ['pointwise', 'finite-at-zero'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, subDims),
  evaluate: (c) => evaluateBinary(c, 'sub'),
})

export const mul = defineOp({
  type: 'Mul',
  signatures: {
    1: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0, consumed_inputs: ints} T: @float3',
    6: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0} T: @wide3',
    7: '(A: T, B: T) -> (C: T) T: @wide3',
    13: '(A: T, B: T) -> (C: T) T: @wide4',
    14: '(A: T, B: T) -> (C: T) T: @numeric4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, mulDims),
  evaluate: (c) => evaluateBinary(c, 'mul'),
})

export const div = defineOp({
  type: 'Div',
  signatures: {
    1: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0, consumed_inputs: ints} T: @float3',
    6: '(A: T, B: T) -> (C: T) {axis: int, broadcast: int = 0} T: @wide3',
    7: '(A: T, B: T) -> (C: T) T: @wide3',
    13: '(A: T, B: T) -> (C: T) T: @wide4',
    14: '(A: T, B: T) -> (C: T) T: @numeric4',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, evenQuotient),
  evaluate: (c) => evaluateBinary(c, 'div'),
})

export const mod = defineOp({
  type: 'Mod',
  signatures: {
    10: '(A: T, B: T) -> (C: T) {fmod: int = 0} T: @numeric3',
    13: '(A: T, B: T) -> (C: T) {fmod: int = 0} T: @numeric4',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, evenRemainder),
})

export const pow = defineOp({
  type: 'Pow',
  signatures: {
    1: '(X: T, Y: T) -> (Z: T) {axis: int, broadcast: int = 0} T: @float3',
    7: '(X: T, Y: T) -> (Z: T) T: @float3',
    12: '(X: T, Y: T1) -> (Z: T) T: @float3|int32|int64; T1: @numeric3',
    13: '(X: T, Y: T1) -> (Z: T) T: @float4|int32|int64; T1: @numeric3',
    15: '(X: T, Y: T1) -> (Z: T) T: @float4|int32|int64; T1: @numeric4',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const max = defineOp({
  type: 'Max',
  signatures: {
    1: '(...data_0: T) -> (max: T) {consumed_inputs: ints} T: @float3',
    6: '(...data_0: T) -> (max: T) T: @float3',
    8: '(...data_0: T) -> (max: T) T: @float3',
    12: '(...data_0: T) -> (max: T) T: @numeric3',
    13: '(...data_0: T) -> (max: T) T: @numeric4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, extremum('max')),
})

export const min = defineOp({
  type: 'Min',
  signatures: {
    1: '(...data_0: T) -> (min: T) {consumed_inputs: ints} T: @float3',
    6: '(...data_0: T) -> (min: T) T: @float3',
    8: '(...data_0: T) -> (min: T) T: @float3',
    12: '(...data_0: T) -> (min: T) T: @numeric3',
    13: '(...data_0: T) -> (min: T) T: @numeric4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) => elementwiseContent(c, extremum('min')),
})

export const mean = defineOp({
  type: 'Mean',
  signatures: {
    1: '(...data_0: T) -> (mean: T) {consumed_inputs: ints} T: @float3',
    6: '(...data_0: T) -> (mean: T) T: @float3',
    8: '(...data_0: T) -> (mean: T) T: @float3',
    13: '(...data_0: T) -> (mean: T) T: @float4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const sum = defineOp({
  type: 'Sum',
  signatures: {
    1: '(...data_0: T) -> (sum: T) {consumed_inputs: ints} T: @float3',
    6: '(...data_0: T) -> (sum: T) T: @float3',
    8: '(...data_0: T) -> (sum: T) T: @float3',
    13: '(...data_0: T) -> (sum: T) T: @float4',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const neg = defineOp({
  type: 'Neg',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3|int32|int8|int16|int64',
    13: '(X: T) -> (Y: T) T: @float4|int32|int8|int16|int64',
  },
  traits: ['pointwise', 'unary', 'linear', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  content: (c) => elementwiseContent(c, (a) => mulDims(a, -1)),
  evaluate: (c) => evaluateUnary(c, 'neg'),
})

export const abs = defineOp({
  type: 'Abs',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @numeric3',
    13: '(X: T) -> (Y: T) T: @numeric4',
  },
  traits: ['pointwise', 'unary', 'idempotent', 'non-negative', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  evaluate: (c) => evaluateUnary(c, 'abs'),
})

export const sign = defineOp({
  type: 'Sign',
  signatures: {
    9: '(input: T) -> (output: T) T: @numeric3',
    13: '(input: T) -> (output: T) T: @numeric4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'idempotent', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const reciprocal = defineOp({
  type: 'Reciprocal',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  evaluate: (c) => evaluateUnary(c, 'reciprocal'),
})

export const sqrt = defineOp({
  type: 'Sqrt',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'non-negative', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  evaluate: (c) => evaluateUnary(c, 'sqrt'),
})

export const exp = defineOp({
  type: 'Exp',
  signatures: {
    1: '(input: T) -> (output: T) {consumed_inputs: ints} T: @float3',
    6: '(input: T) -> (output: T) T: @float3',
    13: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'non-negative', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const log = defineOp({
  type: 'Log',
  signatures: {
    1: '(input: T) -> (output: T) {consumed_inputs: ints} T: @float3',
    6: '(input: T) -> (output: T) T: @float3',
    13: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const ceil = defineOp({
  type: 'Ceil',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'idempotent', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  evaluate: (c) => evaluateUnary(c, 'ceil'),
})

export const floor = defineOp({
  type: 'Floor',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'idempotent', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  evaluate: (c) => evaluateUnary(c, 'floor'),
})

export const round = defineOp({
  type: 'Round',
  signatures: {
    11: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'idempotent', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const erf = defineOp({
  type: 'Erf',
  signatures: {
    9: '(input: T) -> (output: T) T: @numeric3',
    13: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic', 'finite-at-zero'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const arithmeticOps = [
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  max,
  min,
  mean,
  sum,
  neg,
  abs,
  sign,
  reciprocal,
  sqrt,
  exp,
  log,
  ceil,
  floor,
  round,
  erf,
]
