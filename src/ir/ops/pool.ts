import { defineOp } from './define.js'

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
})

export const globalAveragePool = defineOp({
  type: 'GlobalAveragePool',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
})

export const globalMaxPool = defineOp({
  type: 'GlobalMaxPool',
  signatures: {
    1: '(X: T) -> (Y: T) T: @float3',
    22: '(X: T) -> (Y: T) T: @float4',
  },
})

export const globalLpPool = defineOp({
  type: 'GlobalLpPool',
  signatures: {
    1: '(X: T) -> (Y: T) {p: float = 2.0} T: @float3',
    2: '(X: T) -> (Y: T) {p: int = 2} T: @float3',
    22: '(X: T) -> (Y: T) {p: int = 2} T: @float4',
  },
})

export const maxUnpool = defineOp({
  type: 'MaxUnpool',
  signatures: {
    9: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float3; T2: int64',
    11: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float3; T2: int64',
    22: '(X: T1, I: T2, output_shape?: T2) -> (output: T1) {kernel_shape!: ints, pads: ints, strides: ints} T1: @float4; T2: int64',
  },
})

export const maxRoiPool = defineOp({
  type: 'MaxRoiPool',
  signatures: {
    1: '(X: T, rois: T) -> (Y: T) {pooled_shape!: ints, spatial_scale: float = 1.0} T: @float3',
    22: '(X: T, rois: T) -> (Y: T) {pooled_shape!: ints, spatial_scale: float = 1.0} T: @float4',
  },
})

export const roiAlign = defineOp({
  type: 'RoiAlign',
  signatures: {
    10: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float3; T2: int64',
    16: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float3; T2: int64',
    22: '(X: T1, rois: T1, batch_indices: T2) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", mode: string = "avg", output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0} T1: @float4; T2: int64',
  },
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
