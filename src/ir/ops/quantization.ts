import { dtypeOfNumber } from '../dtype.js'
import { axisNames, sameAxes } from './broadcast.js'
import type { OpContext } from './context.js'
import { convolutionAxes, convolutionDims, convolutionMacs, groupSizes } from './convolution-shape.js'
import { defineOp } from './define.js'
import { matmulAxes, matmulDims, matmulMacs } from './matmul-shape.js'

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
  traits: ['quantization'],
  dims: (c) => [c.dims(0)],
  axes: perAxis,
  dtypes: (c) => [c.dtype(2) ?? (c.int('output_dtype') ? dtypeOfNumber(c.int('output_dtype')!) : 'uint8')],
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
  traits: ['quantization'],
  dims: (c) => [c.dims(0)],
  axes: perAxis,
  dtypes: (c) => [c.int('output_dtype') ? dtypeOfNumber(c.int('output_dtype')!) : (c.dtype(1) ?? 'float32')],
})

export const dynamicQuantizeLinear = defineOp({
  type: 'DynamicQuantizeLinear',
  signatures: {
    11: '(x: T1) -> (y: T2, y_scale: float, y_zero_point: T2) T1: float; T2: uint8',
  },
  traits: ['quantization'],
  dims: (c) => [c.dims(0), [], []],
  // Its range holds zero whatever comes in, so an element that is zero is as if it were not there.
  axes: (c) => (c.rank(0) === undefined ? null : `${sameAxes(c)}, ,`),
})

export const qLinearConv = defineOp({
  type: 'QLinearConv',
  signatures: {
    10: '(x: T1, x_scale: float, x_zero_point: T1, w: T2, w_scale: float, w_zero_point: T2, y_scale: float, y_zero_point: T3, B?: T4) -> (y: T3) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T1: int8|uint8; T2: int8|uint8; T3: int8|uint8; T4: int32',
  },
  traits: ['convolution', 'quantization'],
  dims: (c) => [convolutionDims(c, 0, 3)],
  macs: (c) => convolutionMacs(c, 3),
  axes: (c) => {
    const axes = convolutionAxes(c, 3)
    if (axes === undefined) return null
    const bias = c.hasInput(8) ? [axes.out] : []
    return `${[axes.x, ...spread(c, [1, 2], ''), axes.w, ...spread(c, [4, 5], axes.out), ...spread(c, [6, 7], ''), ...bias].join(', ')} -> ${axes.y}`
  },
  sizes: (c) => groupSizes(convolutionAxes(c, 3)?.group),
})

export const qLinearMatMul = defineOp({
  type: 'QLinearMatMul',
  signatures: {
    10: '(a: T1, a_scale: float, a_zero_point: T1, b: T2, b_scale: float, b_zero_point: T2, y_scale: float, y_zero_point: T3) -> (y: T3) T1: int8|uint8; T2: int8|uint8; T3: int8|uint8',
    21: '(a: T1, a_scale: TS, a_zero_point: T1, b: T2, b_scale: TS, b_zero_point: T2, y_scale: TS, y_zero_point: T3) -> (y: T3) TS: float|float16|bfloat16; T1: @float8|int8|uint8; T2: @float8|int8|uint8; T3: @float8|int8|uint8',
  },
  traits: ['matmul', 'quantization'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(3))],
  macs: (c) => matmulMacs(c, 0),
  axes: (c) => {
    const axes = matmulAxes(c, 3)
    if (axes === null) return null
    const operands = [axes.a, ...spread(c, [1, 2], ''), axes.b, ...spread(c, [4, 5], 'n'), ...spread(c, [6, 7], '')]
    return `${operands.join(', ')} -> ${axes.y}`
  },
})

export const matMulInteger = defineOp({
  type: 'MatMulInteger',
  signatures: {
    10: '(A: T1, B: T2, a_zero_point?: T1, b_zero_point?: T2) -> (Y: T3) T1: int8|uint8; T2: int8|uint8; T3: int32',
  },
  traits: ['matmul'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
  axes: (c) => {
    const axes = matmulAxes(c)
    if (axes === null) return null
    const zeroPoints = [...spread(c, [2], ''), ...spread(c, [3], 'n')].slice(0, c.inputCount - 2)
    return `${[axes.a, axes.b, ...zeroPoints].join(', ')} -> ${axes.y}`
  },
})

export const convInteger = defineOp({
  type: 'ConvInteger',
  signatures: {
    10: '(x: T1, w: T2, x_zero_point?: T1, w_zero_point?: T2) -> (y: T3) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T1: int8|uint8; T2: int8|uint8; T3: int32',
  },
  traits: ['convolution'],
  dims: (c) => [convolutionDims(c, 0, 1)],
  macs: (c) => convolutionMacs(c, 1),
  axes: (c) => {
    const axes = convolutionAxes(c)
    if (axes === undefined) return null
    const zeroPoints = [...spread(c, [2], ''), ...spread(c, [3], axes.out)].slice(0, c.inputCount - 2)
    return `${[axes.x, axes.w, ...zeroPoints].join(', ')} -> ${axes.y}`
  },
  sizes: (c) => groupSizes(convolutionAxes(c)?.group),
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

/** Scale and zero point have one entry for everything, or one per index of `axis`. */
function perAxis(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined || (c.int('block_size') ?? 0) > 0) return null
  const names = axisNames(rank)
  const axis = rank === 0 ? 0 : c.axis(c.int('axis') ?? 1, Math.max(rank, 2))
  const parameter = (i: number) =>
    !c.hasInput(i) ? '_' : c.rank(i) === 1 ? (c.length(i) === 1 && c.dims(0)?.[axis] !== 1 ? '1' : names[axis]!) : ''
  const operands = [names.join(' '), ...c.node.inputs.slice(1).map((_, i) => parameter(i + 1))]
  return `${operands.join(', ')} -> ${names.join(' ')}`
}

/** Words of scales and zero points: nothing for scalars and lists of one, the axis for lists of one entry per index. */
function spread(c: OpContext, slots: readonly number[], axis: string): string[] {
  return slots.map((slot) => {
    if (!c.hasInput(slot)) return '_'
    if (c.rank(slot) === 0) return ''
    return axis === '' || c.length(slot) === 1 ? '1' : axis
  })
}
