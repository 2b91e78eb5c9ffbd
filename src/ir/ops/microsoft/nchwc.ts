import { mulDims, unknownDim } from '../../dim.js'
import type { OpContext } from '../context.js'
import { convolutionMacs } from '../convolution-shape.js'
import { defineOp } from '../define.js'
import { slidingWindow, windowCounts } from '../sliding-window.js'

/*
 * The blocked layout of onnxruntime's CPU provider: [N, C/16, H, W, 16], declared to be [N, C, H, W] with C rounded up to
 * whole blocks (8 on machines without AVX-512).
 */

/** [N, C, windows...] */
const pooled = (c: OpContext) => {
  const data = c.dims(0)
  const window = slidingWindow(c, c.ints('kernel_shape'))
  if (data === undefined || window === undefined) return [undefined]
  return [[data[0] ?? unknownDim(), data[1] ?? unknownDim(), ...windowCounts(data.slice(2), window)]]
}

/** [N, M, windows...]; of x only the spatial sizes count, since its channels are rounded up to blocks. */
const convolved = (c: OpContext) => {
  const [data, weight] = [c.dims(0), c.dims(1)]
  const taps = weight?.slice(2).map(Number)
  const window = slidingWindow(c, taps?.every(Number.isInteger) ? taps : c.ints('kernel_shape'))
  if (data === undefined || weight === undefined || window === undefined) return [undefined]
  return [[data[0] ?? unknownDim(), weight[0]!, ...windowCounts(data.slice(2), window)]]
}

const globallyPooled = (c: OpContext) => [c.dims(0)?.map((dim, i) => (i < 2 ? dim : 1))]

export const averagePool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'AveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, strides: ints} T: float',
  },
  traits: ['pool', 'linear'],
  dims: pooled,
})

export const conv = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'Conv',
  signatures: {
    1: '(X: T, W: T, B?: T, Sum?: T) -> (Y: T) {activation: string, activation_params: floats, auto_pad: string = "NOTSET", dilations: ints, group: int = 1, kernel_shape: ints, pads: ints, strides: ints} T: float',
  },
  traits: ['convolution', 'linear'],
  dims: convolved,
  macs: (c) => convolutionMacs(c, 1),
})

export const globalAveragePool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'GlobalAveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) T: float',
  },
  traits: ['pool', 'linear'],
  dims: globallyPooled,
})

export const globalMaxPool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'GlobalMaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) T: float',
  },
  traits: ['pool'],
  dims: globallyPooled,
})

export const maxPool = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'MaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: float',
  },
  traits: ['pool'],
  dims: pooled,
})

export const reorderInput = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'ReorderInput',
  signatures: {
    1: '(X: T) -> (Y: T) {channels_last: int = 0} T: float',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const data = c.dims(0)
    if (data === undefined || c.int('channels_last') !== 1) return [data]
    return [[data[0]!, data.at(-1)!, ...data.slice(1, -1)]]
  },
})

export const reorderOutput = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'ReorderOutput',
  signatures: {
    1: '(X: T) -> (Y: T) {channels: int = 0, channels_last: int = 0} T: float',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const data = c.dims(0)
    const channels = c.int('channels')
    if (data === undefined || channels === undefined) return [undefined]
    const spatial = data.slice(2)
    return [c.int('channels_last') === 1 ? [data[0]!, ...spatial, channels] : [data[0]!, channels, ...spatial]]
  },
})

export const upsample = defineOp({
  domain: 'com.microsoft.nchwc',
  type: 'Upsample',
  signatures: {
    1: '(X: T) -> (Y: T) {coordinate_transformation_mode: string = "asymmetric", mode: string = "nearest", scales: ints} T: float',
  },
  traits: ['movement', 'resize', 'linear'],
  dims: (c) => {
    const scales = c.ints('scales')
    return [scales && c.dims(0)?.map((dim, i) => mulDims(dim, scales[i] ?? 1))]
  },
})

export const microsoftNchwcOps = [
  averagePool,
  conv,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  reorderInput,
  reorderOutput,
  upsample,
]
