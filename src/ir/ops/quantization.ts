import { defineOp } from './define.js'

export const quantizeLinear = defineOp({
  type: 'QuantizeLinear',
  signatures: {
    10: '(x: T1, y_scale: float, y_zero_point?: T2) -> (y: T2) T1: float|int32; T2: int8|uint8',
    13: '(x: T1, y_scale: float, y_zero_point?: T2) -> (y: T2) {axis: int = 1} T1: float|int32; T2: int8|uint8',
    19: '(x: T1, y_scale: T1, y_zero_point?: T2) -> (y: T2) {axis: int = 1, saturate: int = 1} T1: float|float16|bfloat16|int32; T2: @float8|int8|uint8',
    21: '(x: T1, y_scale: T1, y_zero_point?: T2) -> (y: T2) {axis: int = 1, block_size: int = 0, output_dtype: int = 0, saturate: int = 1} T1: float|float16|bfloat16|int32; T2: @float8|int8|uint8|int16|uint16|uint4|int4',
    23: '(x: T1, y_scale: T2, y_zero_point?: T3) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1} T1: float|float16|bfloat16|int32; T2: float|float16|bfloat16|int32; T3: @float8|int8|uint8|int16|uint16|uint4|int4|float4e2m1',
    24: '(x: T1, y_scale: T2, y_zero_point?: T3) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1} T1: float|float16|bfloat16|int32; T2: float|float16|bfloat16|int32|float8e8m0; T3: @float8|int8|uint8|int16|uint16|uint4|int4|float4e2m1',
    25: '(x: T1, y_scale: T2, y_zero_point?: T3) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1} T1: float|float16|bfloat16|int32; T2: float|float16|bfloat16|int32|float8e8m0; T3: @float8|int8|uint8|int16|uint16|uint4|int4|float4e2m1|uint2|int2',
  },
})

export const dequantizeLinear = defineOp({
  type: 'DequantizeLinear',
  signatures: {
    10: '(x: T, x_scale: float, x_zero_point?: T) -> (y: float) T: int8|uint8|int32',
    13: '(x: T, x_scale: float, x_zero_point?: T) -> (y: float) {axis: int = 1} T: int8|uint8|int32',
    19: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T2) {axis: int = 1} T1: @float8|int8|uint8|int32; T2: float|float16|bfloat16',
    21: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T2) {axis: int = 1, block_size: int = 0} T1: @float8|int8|uint8|int16|uint16|int32|uint4|int4; T2: float|float16|bfloat16',
    23: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0} T1: @float8|int8|uint8|int16|uint16|int32|uint4|int4|float4e2m1; T2: float|float16|bfloat16; T3: float|float16|bfloat16',
    24: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0} T1: @float8|int8|uint8|int16|uint16|int32|uint4|int4|float4e2m1; T2: float|float16|bfloat16|float8e8m0; T3: float|float16|bfloat16',
    25: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T3) {axis: int = 1, block_size: int = 0, output_dtype: int = 0} T1: @float8|int8|uint8|int16|uint16|int32|uint4|int4|float4e2m1|uint2|int2; T2: float|float16|bfloat16|float8e8m0; T3: float|float16|bfloat16',
  },
})

export const dynamicQuantizeLinear = defineOp({
  type: 'DynamicQuantizeLinear',
  signatures: {
    11: '(x: T1) -> (y: T2, y_scale: float, y_zero_point: T2) T1: float; T2: uint8',
  },
})

export const qLinearConv = defineOp({
  type: 'QLinearConv',
  signatures: {
    10: '(x: T1, x_scale: float, x_zero_point: T1, w: T2, w_scale: float, w_zero_point: T2, y_scale: float, y_zero_point: T3, B?: T4) -> (y: T3) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T1: int8|uint8; T2: int8|uint8; T3: int8|uint8; T4: int32',
  },
})

export const qLinearMatMul = defineOp({
  type: 'QLinearMatMul',
  signatures: {
    10: '(a: T1, a_scale: float, a_zero_point: T1, b: T2, b_scale: float, b_zero_point: T2, y_scale: float, y_zero_point: T3) -> (y: T3) T1: int8|uint8; T2: int8|uint8; T3: int8|uint8',
    21: '(a: T1, a_scale: TS, a_zero_point: T1, b: T2, b_scale: TS, b_zero_point: T2, y_scale: TS, y_zero_point: T3) -> (y: T3) TS: float|float16|bfloat16; T1: @float8|int8|uint8; T2: @float8|int8|uint8; T3: @float8|int8|uint8',
  },
})

export const matMulInteger = defineOp({
  type: 'MatMulInteger',
  signatures: {
    10: '(A: T1, B: T2, a_zero_point?: T1, b_zero_point?: T2) -> (Y: T3) T1: int8|uint8; T2: int8|uint8; T3: int32',
  },
})

export const convInteger = defineOp({
  type: 'ConvInteger',
  signatures: {
    10: '(x: T1, w: T2, x_zero_point?: T1, w_zero_point?: T2) -> (y: T3) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T1: int8|uint8; T2: int8|uint8; T3: int32',
  },
})

export const quantizationOps = [
  quantizeLinear,
  dequantizeLinear,
  dynamicQuantizeLinear,
  qLinearConv,
  qLinearMatMul,
  matMulInteger,
  convInteger,
]
