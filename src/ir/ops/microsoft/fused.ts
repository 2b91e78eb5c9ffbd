import { type Dim, floorDivDims, mulDims, productOfDims } from '../../dim.js'
import { sameAxes } from '../broadcast.js'
import type { OpContext } from '../context.js'
import {
  convolutionAxes,
  convolutionDims,
  convolutionMacs,
  convolutionWords,
  groupSizes,
} from '../convolution-shape.js'
import { defineOp } from '../define.js'
import { matmulDims, matmulMacs } from '../matmul-shape.js'

export const biasAdd = defineOp({
  domain: 'com.microsoft',
  type: 'BiasAdd',
  signatures: {
    1: '(X: T, bias: T, skip: T) -> (Y: T) T: float16|float',
  },
  traits: ['pointwise'],
  dims: (c) => [c.dims(0)],
})

export const biasDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BiasDropout',
  signatures: {
    1: '(data: T, bias: T, residual?: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T2) {seed: int} T: @float4; T1: @float4; T2: bool',
  },
  dims: (c) => [c.dims(0)],
})

export const biasGelu = defineOp({
  domain: 'com.microsoft',
  type: 'BiasGelu',
  signatures: {
    1: '(A: T, B: T) -> (C: T) T: @float4',
  },
  traits: ['pointwise', 'activation'],
  dims: (c) => [c.dims(0)],
})

export const biasSoftmax = defineOp({
  domain: 'com.microsoft',
  type: 'BiasSoftmax',
  signatures: {
    1: '(data: T, bias: T) -> (output: T) {axis: int = 1, is_inner_broadcast!: int} T: @float3',
  },
  traits: ['normalization'],
  dims: (c) => [c.dims(0)],
})

export const biasSplitGelu = defineOp({
  domain: 'com.microsoft',
  type: 'BiasSplitGelu',
  signatures: {
    1: '(X: T, bias: T) -> (Y: T) T: float16|float',
  },
  dims: (c) => {
    const dims = c.dims(0)
    return [dims === undefined ? undefined : [...dims.slice(0, -1), floorDivDims(dims.at(-1)!, 2)]]
  },
})

export const bitmaskBiasDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BitmaskBiasDropout',
  signatures: {
    1: '(data: T, bias: T, residual?: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T3) {seed: int} T: @float4; T1: @float4; T2: bool; T3: uint32',
  },
  dims: (c) => [c.dims(0)],
})

export const bitmaskDropout = defineOp({
  domain: 'com.microsoft',
  type: 'BitmaskDropout',
  signatures: {
    1: '(data: T, ratio?: T1, training_mode?: T2) -> (output: T, mask?: T3) {seed: int} T: @float4; T1: @float4; T2: bool; T3: uint32',
  },
  dims: (c) => [c.dims(0)],
})

export const fastGelu = defineOp({
  domain: 'com.microsoft',
  type: 'FastGelu',
  signatures: {
    1: '(X: T, bias?: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'activation'],
  dims: (c) => [c.dims(0)],
})

export const fusedConv = defineOp({
  domain: 'com.microsoft',
  type: 'FusedConv',
  signatures: {
    1: '(X: T, W: T, B?: T, Z?: T) -> (Y: T) {activation: string, activation_params: floats, auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: @float3',
  },
  traits: ['convolution'],
  dims: (c) => [convolutionDims(c, 0, 1)],
  macs: (c) => convolutionMacs(c, 1),
  axes: convolutionWords,
  sizes: (c) => groupSizes(convolutionAxes(c)?.group),
})

export const fusedGemm = defineOp({
  domain: 'com.microsoft',
  type: 'FusedGemm',
  signatures: {
    1: '(A: T, B: T, C?: T) -> (Y: T) {activation: string, activation_alpha: float, activation_beta: float, activation_gamma: float, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0} T: @wide3',
  },
  traits: ['matmul'],
  dims: (c) => [gemmDims(c)],
  macs: gemmMacs,
})

export const fusedMatMul = defineOp({
  domain: 'com.microsoft',
  type: 'FusedMatMul',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) {alpha: float = 1.0, transA: int = 0, transB: int = 0, transBatchA: int = 0, transBatchB: int = 0} T: @float4',
  },
  traits: ['matmul', 'linear'],
  dims: (c) => [fusedMatMulDims(c)],
  macs: fusedMatMulMacs,
})

export const fusedMatMulActivation = defineOp({
  domain: 'com.microsoft',
  type: 'FusedMatMulActivation',
  signatures: {
    1: '(A: T, B: T) -> (Y: T) {activation!: string, activation_alpha: float, activation_axis: int, activation_beta: float, activation_gamma: float, alpha: float = 1.0, transA: int = 0, transB: int = 0, transBatchA: int = 0, transBatchB: int = 0} T: @float4',
  },
  traits: ['matmul'],
  dims: (c) => [fusedMatMulDims(c)],
  macs: fusedMatMulMacs,
})

export const gelu = defineOp({
  domain: 'com.microsoft',
  type: 'Gelu',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
})

export const gemmFastGelu = defineOp({
  domain: 'com.microsoft',
  type: 'GemmFastGelu',
  signatures: {
    1: '(X: T, W: T, bias?: T) -> (Y: T) T: float|float16|bfloat16',
  },
  traits: ['matmul'],
  dims: (c) => [matmulDims(c.dims(0), c.dims(1))],
  macs: (c) => matmulMacs(c, 0),
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
  traits: ['pointwise', 'unary', 'activation'],
  dims: (c) => [c.dims(0)],
  axes: sameAxes,
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
  traits: ['matmul', 'linear'],
  dims: (c) => [fusedMatMulDims(c)],
  macs: fusedMatMulMacs,
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

/** alpha A' B' + C with an activation; ' is a transposition on request. */
function gemmDims(c: OpContext): readonly Dim[] | undefined {
  const [a, b] = [c.dims(0), c.dims(1)]
  if (a?.length !== 2 || b?.length !== 2) return undefined
  return [a[c.int('transA') === 1 ? 1 : 0]!, b[c.int('transB') === 1 ? 0 : 1]!]
}

function gemmMacs(c: OpContext): Dim | undefined {
  const a = c.dims(0)
  const out = c.outputDims(0)
  return a?.length === 2 && out !== undefined
    ? mulDims(productOfDims(out), a[c.int('transA') === 1 ? 0 : 1]!)
    : undefined
}

/** Operands as they are multiplied: the last two axes swapped on request. Batch transposition is left open. */
function operand(c: OpContext, input: number, attribute: string): readonly Dim[] | undefined {
  const dims = c.dims(input)
  if (dims === undefined || c.int('transBatchA') === 1 || c.int('transBatchB') === 1) return undefined
  if (c.int(attribute) !== 1 || dims.length < 2) return dims
  return [...dims.slice(0, -2), dims.at(-1)!, dims.at(-2)!]
}

const fusedMatMulDims = (c: OpContext): readonly Dim[] | undefined =>
  matmulDims(operand(c, 0, 'transA'), operand(c, 1, 'transB'))

function fusedMatMulMacs(c: OpContext): Dim | undefined {
  const inner = operand(c, 0, 'transA')?.at(-1)
  const out = c.outputDims(0)
  return inner === undefined || out === undefined ? undefined : mulDims(productOfDims(out), inner)
}
