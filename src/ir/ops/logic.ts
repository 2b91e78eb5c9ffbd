import { broadcastAxes, broadcastDims, broadcastInputs, sameAxes } from './broadcast.js'
import { comparison, elementwiseContent, truth } from './content.js'
import { defineOp } from './define.js'

export const and = defineOp({
  type: 'And',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: bool; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: bool; T1: bool',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      truth((a, b) => a && b),
    ),
})

export const or = defineOp({
  type: 'Or',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: bool; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: bool; T1: bool',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      truth((a, b) => a || b),
    ),
})

export const xor = defineOp({
  type: 'Xor',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: bool; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: bool; T1: bool',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      truth((a, b) => a !== b),
    ),
})

export const not = defineOp({
  type: 'Not',
  signatures: {
    1: '(X: T) -> (Y: T) T: bool',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
  content: (c) => elementwiseContent(c, (a) => (typeof a === 'number' ? Number(a === 0) : undefined)),
})

export const equal = defineOp({
  type: 'Equal',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: bool|int32|int64; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: bool|int32|int64; T1: bool',
    11: '(A: T, B: T) -> (C: T1) T: @numeric3|bool; T1: bool',
    13: '(A: T, B: T) -> (C: T1) T: @numeric4|bool; T1: bool',
    19: '(A: T, B: T) -> (C: T1) T: @numeric4|bool|string; T1: bool',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      comparison((a, b) => a === b),
    ),
})

export const greater = defineOp({
  type: 'Greater',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: @float3; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: @float3; T1: bool',
    9: '(A: T, B: T) -> (C: T1) T: @numeric3; T1: bool',
    13: '(A: T, B: T) -> (C: T1) T: @numeric4; T1: bool',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      comparison((a, b) => a > b),
    ),
})

export const greaterOrEqual = defineOp({
  type: 'GreaterOrEqual',
  signatures: {
    12: '(A: T, B: T) -> (C: T1) T: @numeric3; T1: bool',
    16: '(A: T, B: T) -> (C: T1) T: @numeric4; T1: bool',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      comparison((a, b) => a >= b),
    ),
})

export const less = defineOp({
  type: 'Less',
  signatures: {
    1: '(A: T, B: T) -> (C: T1) {axis: int, broadcast: int = 0} T: @float3; T1: bool',
    7: '(A: T, B: T) -> (C: T1) T: @float3; T1: bool',
    9: '(A: T, B: T) -> (C: T1) T: @numeric3; T1: bool',
    13: '(A: T, B: T) -> (C: T1) T: @numeric4; T1: bool',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      comparison((a, b) => a < b),
    ),
})

export const lessOrEqual = defineOp({
  type: 'LessOrEqual',
  signatures: {
    12: '(A: T, B: T) -> (C: T1) T: @numeric3; T1: bool',
    16: '(A: T, B: T) -> (C: T1) T: @numeric4; T1: bool',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(
      c,
      comparison((a, b) => a <= b),
    ),
})

export const isInf = defineOp({
  type: 'IsInf',
  signatures: {
    10: '(X: T1) -> (Y: T2) {detect_negative: int = 1, detect_positive: int = 1} T1: float|double; T2: bool',
    20: '(X: T1) -> (Y: T2) {detect_negative: int = 1, detect_positive: int = 1} T1: @float8|@float4; T2: bool',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const isNotANumber = defineOp({
  type: 'IsNaN',
  signatures: {
    9: '(X: T1) -> (Y: T2) T1: @float3; T2: bool',
    13: '(X: T1) -> (Y: T2) T1: @float4; T2: bool',
    20: '(X: T1) -> (Y: T2) T1: @float8|@float4; T2: bool',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const where = defineOp({
  type: 'Where',
  signatures: {
    9: '(condition: B, X: T, Y: T) -> (output: T) B: bool; T: @ir3',
    16: '(condition: B, X: T, Y: T) -> (output: T) B: bool; T: @ir4',
  },
  traits: ['pointwise', 'finite-at-zero'],
  dims: (c) => [broadcastDims(c.dims(0), c.dims(1), c.dims(2))],
  axes: broadcastAxes,
  content: (c) =>
    elementwiseContent(c, (condition, a, b) => (typeof condition === 'number' ? (condition !== 0 ? a : b) : undefined)),
})

export const bitShift = defineOp({
  type: 'BitShift',
  signatures: {
    11: '(X: T, Y: T) -> (Z: T) {direction!: string} T: uint8|uint16|uint32|uint64',
  },
  traits: ['pointwise'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const bitwiseAnd = defineOp({
  type: 'BitwiseAnd',
  signatures: {
    18: '(A: T, B: T) -> (C: T) T: @integers',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const bitwiseNot = defineOp({
  type: 'BitwiseNot',
  signatures: {
    18: '(X: T) -> (Y: T) T: @integers',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const bitwiseOr = defineOp({
  type: 'BitwiseOr',
  signatures: {
    18: '(A: T, B: T) -> (C: T) T: @integers',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const bitwiseXor = defineOp({
  type: 'BitwiseXor',
  signatures: {
    18: '(A: T, B: T) -> (C: T) T: @integers',
  },
  traits: ['pointwise', 'commutative'],
  dims: (c) => [broadcastInputs(c)],
  axes: broadcastAxes,
})

export const logicOps = [
  and,
  or,
  xor,
  not,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  isInf,
  isNotANumber,
  where,
  bitShift,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
]
