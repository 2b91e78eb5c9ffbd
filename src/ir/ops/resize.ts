import { dimsEqual, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'
import { type AxisSizes, defineOp } from './define.js'
import { resizedDims } from './resize-shape.js'

export const resize = defineOp({
  type: 'Resize',
  signatures: {
    10: '(X: T, scales: float) -> (Y: T) {mode: string = "nearest"} T: @ir3',
    11: '(X: T1, roi: T2, scales: float, sizes?: int64) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir3; T2: @float3',
    13: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
    18: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {antialias: int = 0, axes: ints, coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: string = "stretch", mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
    19: '(X: T1, roi?: T2, scales?: float, sizes?: int64) -> (Y: T1) {antialias: int = 0, axes: ints, coordinate_transformation_mode: string = "half_pixel", cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: string = "stretch", mode: string = "nearest", nearest_mode: string = "round_prefer_floor"} T1: @ir4; T2: @float3',
  },
  traits: ['resize'],
  dims: (c) => [resizedDims(c)],
  axes: keptAxes,
  sizes: keptSizes,
})

export const upsample = defineOp({
  type: 'Upsample',
  signatures: {
    1: '(X: T) -> (Y: T) {height_scale!: float, mode: string = "nearest", width_scale!: float} T: @float3|bool|int32|int64',
    7: '(X: T) -> (Y: T) {mode: string = "nearest", scales!: floats} T: @ir3',
    9: '(X: T, scales: float) -> (Y: T) {mode: string = "nearest"} T: @ir3',
    10: 'deprecated',
  },
  traits: ['resize'],
  dims: (c) => [resizedDims(c)],
  axes: keptAxes,
})

export const gridSample = defineOp({
  type: 'GridSample',
  signatures: {
    16: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "bilinear", padding_mode: string = "zeros"} T1: @ir3; T2: @float3',
    20: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "linear", padding_mode: string = "zeros"} T1: @ir3; T2: @float3',
    22: '(X: T1, grid: T2) -> (Y: T1) {align_corners: int = 0, mode: string = "linear", padding_mode: string = "zeros"} T1: @ir4; T2: @float4',
  },
  traits: ['resize'],
  dims: (c) => {
    const [x, grid] = [c.dims(0), c.dims(1)]
    return [x === undefined || grid === undefined ? undefined : [x[0]!, x[1]!, ...grid.slice(1, -1)]]
  },
})

export const affineGrid = defineOp({
  type: 'AffineGrid',
  signatures: {
    20: '(theta: T1, size: T2) -> (grid: T1) {align_corners: int = 0} T1: @float4; T2: int64',
  },
  dims: (c) => {
    const size = c.content(1)
    const rank = c.length(1)
    if (size === undefined) return [rank === undefined ? undefined : Array.from({ length: rank }, () => unknownDim())]
    return [[size[0]!, ...size.slice(2), size.length - 2]]
  },
})

export const resizeOps = [resize, upsample, gridSample, affineGrid]

/** Axes that keep their size are the same axis; the others are new. */
function keptAxes(c: OpContext): string | null {
  const kept = isKept(c)
  if (kept === undefined) return null
  const names = axisNames(kept.length)
  const before = names.map((name, i) => (kept[i] ? name : `${name}!`))
  const after = names.map((name, i) => (kept[i] ? name : `${name}o`))
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[before.join(' '), ...others].join(', ')} -> ${after.join(' ')}`
}

/** Sizes asked for on axes that keep theirs. */
function keptSizes(c: OpContext): readonly AxisSizes[] {
  const kept = isKept(c)
  if (kept === undefined || !c.hasInput(3)) return []
  const axes = c.ints('axes')?.map((axis) => c.axis(axis, kept.length)) ?? kept.map((_, i) => i)
  const names = axisNames(kept.length)
  return [{ at: { input: 3 }, words: axes.map((axis) => (kept[axis] ? names[axis] : undefined)) }]
}

/** By axis, whether each of its elements stays what it is: the same size, and no crop that would move them. */
function isKept(c: OpContext): boolean[] | undefined {
  const [dims, out] = [c.dims(0), c.outputDims(0)]
  if (dims === undefined || out === undefined) return undefined
  const isCropped = c.text('coordinate_transformation_mode') === 'tf_crop_and_resize'
  // With a common scale for all axes each of them has a say in the others' sizes.
  const isTied = c.hasInput(3) && (c.text('keep_aspect_ratio_policy') ?? 'stretch') !== 'stretch'
  const resized = c.ints('axes')?.map((axis) => c.axis(axis, dims.length)) ?? dims.map((_, i) => i)
  return dims.map((dim, i) => !isCropped && dimsEqual(dim, out[i]!) && !(isTied && resized.includes(i)))
}
