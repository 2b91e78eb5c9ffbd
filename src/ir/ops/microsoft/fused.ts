import { defineOp } from '../define.js'

export const biasAdd = defineOp({
  domain: 'com.microsoft',
  type: 'BiasAdd',
  signatures: {
    1: '(X: T, bias: T, skip: T) -> (Y: T) T: float16|float',
  },
})

export const biasDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BiasDropout',
  signatures: {
    1: '(data: T, bias: T, residual?: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T2) {seed: int} T: @float4; T1: @float4; T2: bool',
  },
})

export const biasGelu = defineOp({
  domain: 'com.microsoft',
  type: 'BiasGelu',
  signatures: {
    1: '(A: T, B: T) -> (C: T) T: @float4',
  },
})

export const biasSoftmax = defineOp({
  domain: 'com.microsoft',
  type: 'BiasSoftmax',
  signatures: {
    1: '(data: T, bias: T) -> (output: T) {axis: int = 1, is_inner_broadcast!: int} T: @float3',
  },
})

export const biasSplitGelu = defineOp({
  domain: 'com.microsoft',
  type: 'BiasSplitGelu',
  signatures: {
    1: '(X: T, bias: T) -> (Y: T) T: float16|float',
  },
})

export const bitmaskBiasDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BitmaskBiasDropout',
  signatures: {
    1: '(data: T, bias: T, residual?: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T3) {seed: int} T: @float4; T1: @float4; T2: bool; T3: uint32',
  },
})

export const bitmaskDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BitmaskDropout',
  signatures: {
    1: '(data: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T3) {seed: int} T: @float4; T1: @float4; T2: bool; T3: uint32',
  },
})

export const fastGelu = defineOp({
  domain: 'com.microsoft',
  type: 'FastGelu',
  signatures: {
    1: '(X: T, bias?: T) -> (Y: T) T: @float4',
  },
})

export const fusedConv = defineOp({
  domain: 'com.microsoft',
  type: 'FusedConv',
  signatures: {
    1: '(X: T, W: T, B?: T, Z?: T) -> (Y: T) {activation: string, activation_params: floats, auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
  },
})

export const fusedGemm = defineOp({
  domain: 'com.microsoft',
  type: 'FusedGemm',
  signatures: {
    1: '(A: T, B: T, C?: T) -> (Y: T) {activation: string, activation_alpha: float, activation_beta: float, activation_gamma: float, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @wide3',
  },
})

export const fusedMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'FusedMatMul',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) {alpha: float = 1.0, transA: int = 0, transB: int = 0, transBatchA: int = 0, transBatchB: int = 0} T: @float4',
  },
})

export const fusedMatMulActivation = defineOp({
  domain: 'com.microsoft',
  type: 'FusedMatMulActivation',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) {activation!: string, activation_alpha: float, activation_axis: int, activation_beta: float, activation_gamma: float, alpha: float = 1.0, transA: int = 0, transB: int = 0, transBatchA: int = 0, transBatchB: int = 0} T: @float4',
  },
})

export const gelu = defineOp({
  domain: 'com.microsoft',
  type: 'Gelu',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float4',
  },
})

export const gemmFastGelu = defineOp({
  domain: 'com.microsoft',
  type: 'GemmFastGelu',
  signatures: {
    1: '(X: T, W: T, bias?: T) -> (Y: T) T: float|float16|bfloat16',
  },
})

export const gemmFloat8 = defineOp({
  domain: 'com.microsoft',
  type: 'GemmFloat8',
  signatures: {
    1: '(A: TA, B: TB, C?: TC, scaleA?: TS, scaleB?: TS, scaleY?: TS) -> (Y: TR) {activation: string, alpha: float = 1.0, beta: float = 0.0, dtype: int = 1, transA: int = 0, transB: int = 0} TA: float8e4m3fn|float8e5m2|float16|bfloat16|float; TB: float8e4m3fn|float8e5m2|float16|bfloat16|float; TC: float16|bfloat16|float; TR: float8e4m3fn|float8e5m2|float16|bfloat16|float; TS: float',
  },
})

export const quickGelu = defineOp({
  domain: 'com.microsoft',
  type: 'QuickGelu',
  signatures: {
    1: '(X: T) -> (Y: T) {alpha: float = 1.702} T: @float4',
  },
})

export const nhwcConv = defineOp({
  domain: 'com.microsoft',
  type: 'NhwcConv',
  signatures: {
    1: '(X: T, W: T, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
  },
})

export const nhwcFusedConv = defineOp({
  domain: 'com.microsoft',
  type: 'NhwcFusedConv',
  signatures: {
    1: '(X: T, W: T, B?: T, Z?: T) -> (Y: T) {activation: string, activation_params: floats, auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: float16',
  },
})

export const nhwcMaxPool = defineOp({
  domain: 'com.microsoft',
  type: 'NhwcMaxPool',
  signatures: {
    1: '(x: T) -> (y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, strides: ints} T: int8|uint8',
  },
})

export const transposeMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'TransposeMatMul',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) {alpha: float = 1.0, transA: int = 0, transB: int = 0} T: @float4',
  },
})

export const convTransposeWithDynamicPads = defineOp({
  domain: 'com.microsoft',
  type: 'ConvTransposeWithDynamicPads',
  signatures: {
    1: '(X: T, W: T, Pads?: int64, B?: T) -> (Y: T) {auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, output_padding: ints, strides: ints} T: @float3',
  },
})

export const maxpoolWithMask = defineOp({
  domain: 'com.microsoft',
  type: 'MaxpoolWithMask',
  signatures: {
    1: '(X: T, M: int32) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape: ints, pads: ints, storage_order: int = 0, strides: ints} T: float',
  },
})

export const microsoftFusedOps = [
  biasAdd,
  biasDropout,
  biasGelu,
  biasSoftmax,
  biasSplitGelu,
  bitmaskBiasDropout,
  bitmaskDropout,
  fastGelu,
  fusedConv,
  fusedGemm,
  fusedMatMul,
  fusedMatMulActivation,
  gelu,
  gemmFastGelu,
  gemmFloat8,
  quickGelu,
  nhwcConv,
  nhwcFusedConv,
  nhwcMaxPool,
  transposeMatMul,
  convTransposeWithDynamicPads,
  maxpoolWithMask,
]
