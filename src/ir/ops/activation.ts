import { broadcastAxes, sameAxes } from './broadcast.js'
import { defineOp } from './define.js'

export const celu = defineOp({
  type: 'Celu',
  signatures: {
    12: '(X: T) -> (Y: T) {alpha: float = 1.0} T: float',
    28: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const clip = defineOp({
  type: 'Clip',
  signatures: {
    1: '(input: T) -> (output: T) {consumed_inputs: ints, max: float, min: float} T: @float3',
    6: '(input: T) -> (output: T) {max: float = 3.402823e+38, min: float = -3.402823e+38} T: @float3',
    11: '(input: T, min?: T, max?: T) -> (output: T) T: @float3',
    12: '(input: T, min?: T, max?: T) -> (output: T) T: @numeric3',
    13: '(input: T, min?: T, max?: T) -> (output: T) T: @numeric4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'idempotent'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const elu = defineOp({
  type: 'Elu',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 1.0, consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float3',
    22: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const gelu = defineOp({
  type: 'Gelu',
  signatures: {
    20: '(X: T) -> (Y: T) {approximate: string = "none"} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const hardSigmoid = defineOp({
  type: 'HardSigmoid',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 0.2, beta: float = 0.5, consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) {alpha: float = 0.2, beta: float = 0.5} T: @float3',
    22: '(X: T) -> (Y: T) {alpha: float = 0.2, beta: float = 0.5} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'non-negative'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const hardSwish = defineOp({
  type: 'HardSwish',
  signatures: {
    14: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const leakyRelu = defineOp({
  type: 'LeakyRelu',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 0.01, consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) {alpha: float = 0.01} T: @float3',
    16: '(X: T) -> (Y: T) {alpha: float = 0.01} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const mish = defineOp({
  type: 'Mish',
  signatures: {
    18: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const pRelu = defineOp({
  type: 'PRelu',
  signatures: {
    1: '(X: T, slope: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T, slope: T) -> (Y: T) T: @float3',
    7: '(X: T, slope: T) -> (Y: T) T: @float3',
    9: '(X: T, slope: T) -> (Y: T) T: @wide3',
    16: '(X: T, slope: T) -> (Y: T) T: @wide4',
  },
  traits: ['pointwise', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: (c) => (c.since >= 7 ? broadcastAxes(c) : null),
})

export const relu = defineOp({
  type: 'Relu',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
    14: '(X: T) -> (Y: T) T: @float4|int32|int8|int16|int64',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'idempotent', 'non-negative'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const selu = defineOp({
  type: 'Selu',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 1.6732, consumed_inputs: ints, gamma: float = 1.0507} T: @float3',
    6: '(X: T) -> (Y: T) {alpha: float = 1.67326, gamma: float = 1.0507} T: @float3',
    22: '(X: T) -> (Y: T) {alpha: float = 1.67326, gamma: float = 1.0507} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const shrink = defineOp({
  type: 'Shrink',
  signatures: {
    9: '(input: T) -> (output: T) {bias: float = 0.0, lambd: float = 0.5} T: @numeric3',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const sigmoid = defineOp({
  type: 'Sigmoid',
  signatures: {
    1: '(X: T) -> (Y: T) {consumed_inputs: ints} T: @float3',
    6: '(X: T) -> (Y: T) T: @float3',
    13: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'non-negative'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const softplus = defineOp({
  type: 'Softplus',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'non-negative'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const softsign = defineOp({
  type: 'Softsign',
  signatures: {
    1: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const swish = defineOp({
  type: 'Swish',
  signatures: {
    24: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const swiGLU = defineOp({
  type: 'SwiGLU',
  signatures: {
    28: '(A: T, B: T) -> (Y: T) {alpha: float = 1.0} T: @float4',
  },
  traits: ['activation'],
})

export const tanh = defineOp({
  type: 'Tanh',
  signatures: {
    1: '(input: T) -> (output: T) {consumed_inputs: ints} T: @float3',
    6: '(input: T) -> (output: T) T: @float3',
    13: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const thresholdedRelu = defineOp({
  type: 'ThresholdedRelu',
  signatures: {
    10: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float3',
    22: '(X: T) -> (Y: T) {alpha: float = 1.0} T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation', 'monotonic', 'idempotent'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const dropout = defineOp({
  type: 'Dropout',
  signatures: {
    1: '(data: T) -> (output: T, mask?: T) {consumed_inputs: ints, is_test: int = 0, ratio: float = 0.5} T: @float3',
    6: '(data: T) -> (output: T, mask?: T) {is_test: int = 0, ratio: float = 0.5} T: @float3',
    7: '(data: T) -> (output: T, mask?: T) {ratio: float = 0.5} T: @float3',
    10: '(data: T) -> (output: T, mask?: T1) {ratio: float = 0.5} T: @float3; T1: bool',
    12: '(data: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T2) {seed: int} T: @float3; T1: @float3; T2: bool',
    13: '(data: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T2) {seed: int} T: @float4; T1: @float3; T2: bool',
    22: '(data: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T2) {seed: int} T: @float8|@float4; T1: @float8|@float4; T2: bool',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0), c.dims(0)],
  axes: (c) => {
    const axes = sameAxes(c)
    return axes === null ? null : c.node.outputs.length > 1 ? `${axes}, ${axes.split(' -> ')[1]}` : axes
  },
})

export const activationOps = [
  celu,
  clip,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  pRelu,
  relu,
  selu,
  shrink,
  sigmoid,
  softplus,
  softsign,
  swish,
  swiGLU,
  tanh,
  thresholdedRelu,
  dropout,
]
