import { type Dim, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'
import { slidingWindow, transposedSizes, windowCounts } from './sliding-window.js'

export const averagePool = defineOp({
  type: 'AveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    7: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", count_include_pad: int = 0, kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    10: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    11: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    19: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    22: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, count_include_pad: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, strides: ints} T: @float4',
  },
  traits: ['pool', 'linear'],
  dims: (c) => [pooledDims(c)],
  axes: channelwise,
})

export const maxPool = defineOp({
  type: 'MaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape!: ints, pads: ints, strides: ints} T: @float3',
    8: '(X: T) -> (Y: T, Indices?: I) {auto_pad: string = "NOTSET", kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: @float3; I: int64',
    10: '(X: T) -> (Y: T, Indices?: I) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: @float3; I: int64',
    11: '(X: T) -> (Y: T, Indices?: I) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: @float3; I: int64',
    12: '(X: T) -> (Y: T, Indices?: I) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: @float3|int8|uint8; I: int64',
    22: '(X: T) -> (Y: T, Indices?: I) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, pads: ints, storage_order: int = 0, strides: ints} T: @float4|int8|uint8; I: int64',
  },
  traits: ['pool'],
  dims: (c) => [pooledDims(c), pooledDims(c)],
  axes: channelwise,
})

export const lpPool = defineOp({
  type: 'LpPool',
  signatures: {
    1: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape: ints, p: float = 2.0, pads: ints, strides: ints} T: @float3',
    2: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape!: ints, p: int = 2, pads: ints, strides: ints} T: @float3',
    11: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", kernel_shape!: ints, p: int = 2, pads: ints, strides: ints} T: @float3',
    18: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, p: int = 2, pads: ints, strides: ints} T: @float3',
    22: '(X: T) -> (Y: T) {auto_pad: string = "NOTSET", ceil_mode: int = 0, dilations: ints, kernel_shape!: ints, p: int = 2, pads: ints, strides: ints} T: @float4',
  },
  traits: ['pool'],
  dims: (c) => [pooledDims(c)],
  axes: channelwise,
})

export const globalAveragePool = defineOp({
  type: 'GlobalAveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pool', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    return [dims?.map((dim, i) => (i < 2 ? dim : 1))]
  },
  axes: channelwise,
})

export const globalMaxPool = defineOp({
  type: 'GlobalMaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
  traits: ['pool'],
  dims: (c) => {
    const dims = c.dims(0)
    return [dims?.map((dim, i) => (i < 2 ? dim : 1))]
  },
  axes: channelwise,
})

export const globalLpPool = defineOp({
  type: 'GlobalLpPool',
  signatures: {
    1: '(X: T) -> (Y: T) {p: float = 2.0} T: @float3',
    2: '(X: T) -> (Y: T) {p: int = 2} T: @float3',
    22: '(X: T) -> (Y: T) {p: int = 2} T: @float4',
  },
  traits: ['pool'],
  dims: (c) => {
    const dims = c.dims(0)
    return [dims?.map((dim, i) => (i < 2 ? dim : 1))]
  },
  axes: channelwise,
})

export const maxUnpool = defineOp({
  type: 'MaxUnpool',
  signatures: {
    9: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float3; T2: int64',
    11: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float3; T2: int64',
    22: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float4; T2: int64',
  },
  dims: (c) => {
    const given = c.content(2)
    if (c.hasInput(2)) return [given]
    const dims = c.dims(0)
    const window = slidingWindow(c)
    if (dims === undefined || window === undefined) return []
    return [[dims[0]!, dims[1]!, ...transposedSizes(dims.slice(2), window, [])]]
  },
})

export const maxRoiPool = defineOp({
  type: 'MaxRoiPool',
  signatures: {
    1: '(X: T, rois: T) -> (Y: T) {pooled_shape!: ints, spatial_scale: float = 1.0} T: @float3',
    22: '(X: T, rois: T) -> (Y: T) {pooled_shape!: ints, spatial_scale: float = 1.0} T: @float4',
  },
  traits: ['pool'],
  dims: (c) => [[c.dims(1)?.[0] ?? unknownDim(), c.dims(0)?.[1] ?? unknownDim(), ...(c.ints('pooled_shape') ?? [])]],
})

export const roiAlign = defineOp({
  type: 'RoiAlign',
  signatures: {
    10: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float3; T2: int64',
    16: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float3; T2: int64',
    22: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float4; T2: int64',
  },
  traits: ['pool'],
  dims: (c) => [
    [
      c.dims(1)?.[0] ?? unknownDim(),
      c.dims(0)?.[1] ?? unknownDim(),
      c.int('output_height') ?? 1,
      c.int('output_width') ?? 1,
    ],
  ],
})

export const poolOps = [
  averagePool,
  maxPool,
  lpPool,
  globalAveragePool,
  globalMaxPool,
  globalLpPool,
  maxUnpool,
  maxRoiPool,
  roiAlign,
]

/** x [N, C, spatial...] -> [N, C, windows...] */
function pooledDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  const window = slidingWindow(c)
  if (dims === undefined) return undefined
  const sizes = window === undefined ? dims.slice(2).map(() => unknownDim()) : windowCounts(dims.slice(2), window)
  return [dims[0]!, dims[1]!, ...sizes]
}

/** Batch and channels go through; the spatial axes do not. Indices of MaxPool count channels too: they stay where these are wanted. */
function channelwise(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined || rank < 3) return null
  const spatial = axisNames(rank - 2, 7)
  const before = spatial.map((name) => `${name}!`).join(' ')
  const after = `n c ${spatial.map((name) => `${name}o`).join(' ')}`
  const hasIndices = c.node.outputs[1] !== undefined
  return `n ${hasIndices ? 'c!' : 'c'} ${before} -> ${c.node.outputs.map(() => after).join(', ')}`
}
