import { sameAxes } from './broadcast.js'
import { defineOp } from './define.js'

export const acos = defineOp({
  type: 'Acos',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const acosh = defineOp({
  type: 'Acosh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const asin = defineOp({
  type: 'Asin',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const asinh = defineOp({
  type: 'Asinh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const atan = defineOp({
  type: 'Atan',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const atanh = defineOp({
  type: 'Atanh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const cos = defineOp({
  type: 'Cos',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const cosh = defineOp({
  type: 'Cosh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const sin = defineOp({
  type: 'Sin',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const sinh = defineOp({
  type: 'Sinh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'monotonic'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const tan = defineOp({
  type: 'Tan',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
  traits: ['pointwise', 'unary'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const trigonometryOps = [acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan]
