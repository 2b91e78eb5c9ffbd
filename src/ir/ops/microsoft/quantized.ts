import { type Dim, mulDims, productOfDims, unknownDim } from '../../dim.js'
import { broadcastDims } from '../broadcast.js'
import { convolutionDims, convolutionMacs } from '../convolution-shape.js'
import { defineOp } from '../define.js'
import { matmulDims, matmulMacs } from '../matmul-shape.js'

export const dequantizeBFP = defineOp({
  domain: 'com.microsoft',
  type: 'DequantizeBFP',
  signatures: {
    1: '(x: T1, shape: T2, strides: T2) -> (y: T3) {bfp_type!: int, block_dim: int = -1, dtype: int = 1} T1: uint8; T2: int64; T3: float|float16|bfloat16',
  },
})

export const dequantizeLinear = defineOp({
  domain: 'com.microsoft',
  type: 'DequantizeLinear',
  signatures: {
    1: '(x: T1, x_scale: T2, x_zero_point?: T1) -> (y: T2) {axis: int} T1: int8|uint8|int16|uint16|int32|int4|uint4; T2: float16|float',
  },
  traits: ['quantization'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.dtype(1)],
})

export const dequantizeWithOrder = defineOp({
  domain: 'com.microsoft',
  type: 'DequantizeWithOrder',
  signatures: {
    1: '(input: Q, scale_input: S) -> (output: F) {order_input!: int, order_output!: int, to!: int} Q: int8; F: float16|float; S: float',
  },
})

export const dynamicQuantizeLSTM = defineOp({
  domain: 'com.microsoft',
  type: 'DynamicQuantizeLSTM',
  signatures: {
    1: '(X: T, W: T2, R: T2, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T, W_scale?: T, W_zero_point?: T2, R_scale?: T, R_zero_point?: T2) -> (Y?: T, Y_h?: T, Y_c?: T) {activation_alpha: floats, activation_beta: floats, activations: strings, clip: float, direction: string = "forward", hidden_size: int, input_forget: int = 0} T: float; T1: int32; T2: uint8|int8',
  },
})

export const dynamicQuantizeMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'DynamicQuantizeMatMul',
  signatures: {
    1: '(A: T1, B: T2, b_scale: T1, b_zero_point?: T2, bias?: T1) -> (Y: T1) T1: float; T2: int8|uint8',
  },
  traits: ['matmul', 'linear'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
})

export const gatherBlockQuantized = defineOp({
  domain: 'com.microsoft',
  type: 'GatherBlockQuantized',
  signatures: {
    1: '(data: T1, indices: Tind, scales: T2, zero_points?: T1) -> (output: T2) {bits: int = 4, block_size: int = 128, gather_axis: int = 0, quantize_axis: int = 1} T1: int4|uint4|uint8; T2: float|float16|bfloat16; Tind: int32|int64',
  },
})

export const matMulBnb4 = defineOp({
  domain: 'com.microsoft',
  type: 'MatMulBnb4',
  signatures: {
    1: '(A: T1, B: T2, absmax: T1) -> (Y: T1) {K!: int, N!: int, block_size!: int, quant_type!: int, training_mode: int = 0, transB: int = 1} T1: float|float16|bfloat16; T2: uint8',
  },
})

export const matMulFpQ4 = defineOp({
  domain: 'com.microsoft',
  type: 'MatMulFpQ4',
  signatures: {
    1: '(A: T1, B: T2, B_shape: T3) -> (Y: T1) {blk_quant_type: int = 1} T1: float; T2: uint8; T3: int64',
  },
})

export const matMulInteger16 = defineOp({
  domain: 'com.microsoft',
  type: 'MatMulInteger16',
  signatures: {
    1: '(A: T1, B: T2) -> (Y: T3) T1: int16|uint16; T2: int16|uint16; T3: int32|uint32',
  },
  traits: ['matmul'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
})

export const matMulIntegerToFloat = defineOp({
  domain: 'com.microsoft',
  type: 'MatMulIntegerToFloat',
  signatures: {
    1: '(A: T1, B: T2, a_scale: T3, b_scale: T3, a_zero_point?: T1, b_zero_point?: T2, bias?: T3) -> (Y: T3) T1: int8|uint8; T2: int8|uint8; T3: float|float16',
  },
  traits: ['matmul'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
})

export const matMulNBits = defineOp({
  domain: 'com.microsoft',
  type: 'MatMulNBits',
  signatures: {
    1: '(A: T1, B: T2, scales: T1, zero_points?: T3, g_idx?: T4, bias?: T1) -> (Y: T1) {K!: int, N!: int, accuracy_level: int = 0, bits: int = 4, block_size!: int} T1: float|float16|bfloat16; T2: uint8; T3: uint8|float16|float|bfloat16; T4: int32',
  },
  traits: ['matmul'],
  dims: (c) => {
    const dims = c.dims(0)
    return [dims === undefined ? undefined : [...dims.slice(0, -1), c.int('N') ?? unknownDim()]]
  },
  macs: (c): Dim | undefined => {
    const dims = c.dims(0)
    return dims === undefined ? undefined : mulDims(productOfDims(dims), c.int('N') ?? unknownDim())
  },
})

export const mulInteger = defineOp({
  domain: 'com.microsoft',
  type: 'MulInteger',
  signatures: {
    1: '(A: T, A_zero_point?: T, B: T, B_zero_point?: T) -> (C: T1) T: uint8|int8; T1: int32',
  },
})

export const qGemm = defineOp({
  domain: 'com.microsoft',
  type: 'QGemm',
  signatures: {
    1: '(A: TA, a_scale: T, a_zero_point: TA, B: TB, b_scale: T, b_zero_point: TB, C?: TC, y_scale?: T, y_zero_point?: TYZ) -> (Y: TY) {alpha: float = 1.0, transA: int = 0, transB: int = 0} T: float; TA: uint8|int8; TB: uint8|int8; TC: int32; TYZ: uint8|int8; TY: float|uint8|int8',
  },
  traits: ['matmul', 'quantization'],
  dims: (c) => {
    const [a, b] = [c.dims(0), c.dims(3)]
    if (a?.length !== 2 || b?.length !== 2) return []
    return [[a[c.int('transA') === 1 ? 1 : 0]!, b[c.int('transB') === 1 ? 0 : 1]!]]
  },
})

export const qLinearAdd = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearAdd',
  signatures: {
    1: '(A: T, A_scale: float, A_zero_point?: T, B: T, B_scale: float, B_zero_point?: T, C_scale: float, C_zero_point?: T) -> (C: T) T: uint8|int8',
  },
  traits: ['pointwise', 'quantization'],
  dims: (c) => [broadcastDims(c.dims(0), c.dims(3))],
})

export const qLinearAveragePool = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearAveragePool',
  signatures: {
    1: '(X: T, x_scale: float, x_zero_point?: T, y_scale: float, y_zero_point?: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, channels_last: int = 0, count_include_pad: int = 0, kernel_shape!: ints, pads: ints, strides: ints} T: uint8|int8',
  },
})

export const qLinearConcat = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearConcat',
  signatures: {
    1: '(Y_scale: TF, Y_zero_point: T8, ...inputs: TV) -> (Y: T8) {axis!: int} T8: uint8|int8; TF: float; TV: uint8|int8|float',
  },
})

export const qLinearConv = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearConv',
  signatures: {
    1: '(x: T1, x_scale: float, x_zero_point: T1, w: T2, w_scale: float, w_zero_point: T2, y_scale: float, y_zero_point: T3, B?: T4) -> (y: T3) {auto_pad: string = "NOTSET", channels_last: int = 0, dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T1: int8|uint8; T2: int8|uint8; T3: int8|uint8; T4: int32',
  },
  traits: ['convolution', 'quantization'],
  dims: (c) => [c.int('channels_last') === 1 ? undefined : convolutionDims(c, 0, 3)],
  macs: (c) => (c.int('channels_last') === 1 ? undefined : convolutionMacs(c, 3)),
})

export const qLinearGlobalAveragePool = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearGlobalAveragePool',
  signatures: {
    1: '(X: T, x_scale: float, x_zero_point: T, y_scale: float, y_zero_point: T) -> (Y: T) {channels_last: int = 0} T: uint8|int8',
  },
  traits: ['pool', 'quantization'],
  dims: (c) => {
    const dims = c.dims(0)
    const isLast = c.int('channels_last') === 1
    return [dims?.map((dim, i) => (i === 0 || i === (isLast ? dims.length - 1 : 1) ? dim : 1))]
  },
})

export const qLinearLeakyRelu = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearLeakyRelu',
  signatures: {
    1: '(X: T, X_scale: float, X_zero_point?: T, Y_scale: float, Y_zero_point?: T) -> (Y: T) {alpha: float = 0.01} T: uint8|int8',
  },
  traits: ['pointwise', 'quantization'],
  dims: (c) => [c.dims(0)],
})

export const qLinearMul = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearMul',
  signatures: {
    1: '(A: T, A_scale: float, A_zero_point?: T, B: T, B_scale: float, B_zero_point?: T, C_scale: float, C_zero_point?: T) -> (C: T) T: uint8|int8',
  },
  traits: ['pointwise', 'quantization'],
  dims: (c) => [broadcastDims(c.dims(0), c.dims(3))],
})

export const qLinearReduceMean = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearReduceMean',
  signatures: {
    1: '(data: T, data_scale: float, data_zero_point?: T, reduced_scale: float, reduced_zero_point?: T) -> (reduced: T) {axes!: ints, keepdims!: int} T: uint8|int8',
  },
})

export const qLinearSigmoid = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearSigmoid',
  signatures: {
    1: '(X: T, X_scale: float, X_zero_point?: T, Y_scale: float, Y_zero_point?: T) -> (Y: T) T: uint8|int8',
  },
  traits: ['pointwise', 'quantization'],
  dims: (c) => [c.dims(0)],
})

export const qLinearSoftmax = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearSoftmax',
  signatures: {
    1: '(X: T, X_scale: float, x_zero_point?: T, y_scale: float, y_zero_point?: T) -> (Y: T) {axis: int = -1, opset!: int} T: uint8|int8',
  },
  traits: ['quantization'],
  dims: (c) => [c.dims(0)],
})

export const qLinearWhere = defineOp({
  domain: 'com.microsoft',
  type: 'QLinearWhere',
  signatures: {
    1: '(condition: B, X: T, x_scale: TF, x_zero_point: T, Y: T, y_scale: TF, y_zero_point: T, z_scale: TF, z_zero_point: T) -> (Z: T) B: bool; TF: float; T: uint8|int8',
  },
})

export const qMoE = defineOp({
  domain: 'com.microsoft',
  type: 'QMoE',
  signatures: {
    1: '(input: T, router_probs: T, fc1_experts_weights: T1, fc1_scales: T2, fc1_experts_bias?: T, fc2_experts_weights: T1, fc2_scales: T2, fc2_experts_bias?: T, fc3_experts_weights?: T1, fc3_scales?: T2, fc3_experts_bias?: T) -> (output: T) {activation_alpha: float = 1.0, activation_beta: float = 0.0, activation_type: string = "relu", block_size: int, expert_weight_bits: int = 4, k: int = 1, normalize_routing_weights: int = 0, swiglu_fusion: int = 0, swiglu_limit: float, use_sparse_mixer: int = 0} T: float|float16|bfloat16; T1: uint8; T2: float|float16|bfloat16',
  },
})

export const qOrderedGelu = defineOp({
  domain: 'com.microsoft',
  type: 'QOrderedGelu',
  signatures: {
    1: '(X: Q, scale_X: S, scale_Y: S) -> (Y: Q) {order_X: int, order_Y: int} Q: int8; S: float',
  },
  dims: (c) => [c.dims(0)],
})

export const qOrderedMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'QOrderedMatMul',
  signatures: {
    1: '(A: Q, scale_A: S, B: Q, scale_B: S, scale_Y: S, bias?: S, C?: Q, scale_C?: S) -> (Y: Q) {order_A!: int, order_B!: int, order_Y!: int} Q: int8; S: float',
  },
})

export const quantizeBFP = defineOp({
  domain: 'com.microsoft',
  type: 'QuantizeBFP',
  signatures: {
    1: '(x: T1) -> (y: T2, shape: T3, strides: T3) {bfp_type!: int, block_dim: int = -1} T1: float|float16|bfloat16; T2: uint8; T3: int64',
  },
})

export const quantizeLinear = defineOp({
  domain: 'com.microsoft',
  type: 'QuantizeLinear',
  signatures: {
    1: '(x: T1, y_scale: T1, y_zero_point?: T2) -> (y: T2) {axis: int} T1: float16|float; T2: int8|uint8|int16|uint16|int4|uint4',
  },
  traits: ['quantization'],
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.dtype(2) ?? 'uint8'],
})

export const quantizeWithOrder = defineOp({
  domain: 'com.microsoft',
  type: 'QuantizeWithOrder',
  signatures: {
    1: '(input: F, scale_input: S) -> (output: Q) {order_input!: int, order_output!: int} Q: int8; F: float16|float; S: float',
  },
})

export const reduceSumInteger = defineOp({
  domain: 'com.microsoft',
  type: 'ReduceSumInteger',
  signatures: {
    1: '(data: T1) -> (reduced: T2) {axes!: ints, keepdims!: int} T1: int8|uint8; T2: int32|uint32',
  },
})

export const microsoftQuantizedOps = [
  dequantizeBFP,
  dequantizeLinear,
  dequantizeWithOrder,
  dynamicQuantizeLSTM,
  dynamicQuantizeMatMul,
  gatherBlockQuantized,
  matMulBnb4,
  matMulFpQ4,
  matMulInteger16,
  matMulIntegerToFloat,
  matMulNBits,
  mulInteger,
  qGemm,
  qLinearAdd,
  qLinearAveragePool,
  qLinearConcat,
  qLinearConv,
  qLinearGlobalAveragePool,
  qLinearLeakyRelu,
  qLinearMul,
  qLinearReduceMean,
  qLinearSigmoid,
  qLinearSoftmax,
  qLinearWhere,
  qMoE,
  qOrderedGelu,
  qOrderedMatMul,
  quantizeBFP,
  quantizeLinear,
  quantizeWithOrder,
  reduceSumInteger,
]
