import { defineOp } from './define.js'

export const resize = defineOp({
  type: 'Resize',
  signatures: {
    10: '(X: T, scales: float) -> (Y: T) {mode: string = "nearest"} T: @ir3',
    11: '(X: T1, roi: T2, scales: float, sizes?: int64) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir3; T2: @float3',
    13: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
    18: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {antialias: int = 0, axes: ints, coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: string = "stretch", mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
    19: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {antialias: int = 0, axes: ints, coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: string = "stretch", mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
  },
})

export const upsample = defineOp({
  type: 'Upsample',
  signatures: {
    1: '(X: T) -> (Y: T) {height_scale!: float, mode: string = "nearest", width_scale!: float} T: @float3|bool|int32|int64',
    7: '(X: T) -> (Y: T) {mode: string = "nearest", scales!: floats} T: @ir3',
    9: '(X: T, scales: float) -> (Y: T) {mode: string = "nearest"} T: @ir3',
    10: 'deprecated',
  },
})

export const gridSample = defineOp({
  type: 'GridSample',
  signatures: {
    16: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "bilinear", padding_mode: string = "zeros"} T1: @ir3; T2: @float3',
    20: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "linear", padding_mode: string = "zeros"} T1: @ir3; T2: @float3',
    22: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "linear", padding_mode: string = "zeros"} T1: @ir4; T2: @float4',
  },
})

export const affineGrid = defineOp({
  type: 'AffineGrid',
  signatures: {
    20: '(theta: T1, size: T2) -> (grid: T1) {align_corners: int = 0} T1: @float4; T2: int64',
  },
})

export const resizeOps = [resize, upsample, gridSample, affineGrid]
