import { defineOp } from './define.js'

export const acos = defineOp({
  type: 'Acos',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const acosh = defineOp({
  type: 'Acosh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const asin = defineOp({
  type: 'Asin',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const asinh = defineOp({
  type: 'Asinh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const atan = defineOp({
  type: 'Atan',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const atanh = defineOp({
  type: 'Atanh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const cos = defineOp({
  type: 'Cos',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const cosh = defineOp({
  type: 'Cosh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const sin = defineOp({
  type: 'Sin',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const sinh = defineOp({
  type: 'Sinh',
  signatures: {
    9: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const tan = defineOp({
  type: 'Tan',
  signatures: {
    7: '(input: T) -> (output: T) T: @float3',
    22: '(input: T) -> (output: T) T: @float4',
  },
})

export const trigonometryOps = [acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan]
