import { type Dim, isStatic, mulDims, unknownDim } from '../dim.js'
import { type OpContext, ShapeError } from './context.js'

/**
 * Output dims of Resize and Upsample: floor(size x scale), or the sizes given, on the axes named (opset 18); a
 * keep_aspect_ratio_policy turns sizes into one common scale. Source: ONNX Resize, opsets 10 to 19; Upsample 1 to 9.
 */
export function resizedDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  if (dims === undefined) return undefined
  const axes = (c.ints('axes') ?? dims.map((_, i) => i)).map((axis) => c.axis(axis, dims.length))
  const sizes = c.content(3)
  const scales = scalesOf(c)
  const out: Dim[] = [...dims]
  const hasSizes = c.hasInput(3) && (scales === undefined || scales.length === 0)
  if (hasSizes) {
    const policy = c.text('keep_aspect_ratio_policy') ?? 'stretch'
    axes.forEach((axis, i) => {
      out[axis] = sizes === undefined || policy !== 'stretch' ? unknownDim() : sizes[i]!
    })
    return policy === 'stretch' || sizes === undefined ? out : keptAspect(dims, axes, sizes, policy, out)
  }
  if (scales === undefined) return dims.map((dim, i) => (axes.includes(i) ? unknownDim() : dim))
  if (scales.length !== axes.length) throw new ShapeError(`${scales.length} scales for ${axes.length} axes`)
  const isCropped = c.text('coordinate_transformation_mode') === 'tf_crop_and_resize'
  axes.forEach((axis, i) => {
    out[axis] = isCropped && scales[i] !== 1 ? unknownDim() : scaled(dims[axis]!, scales[i]!)
  })
  return out
}

/** Scales are float32: floor(size x scale) is taken in that precision. */
function scaled(size: Dim, scale: number): Dim {
  if (isStatic(size)) return Math.floor(Math.fround(size * scale))
  return Number.isInteger(scale) ? mulDims(size, scale) : unknownDim()
}

function scalesOf(c: OpContext): readonly number[] | undefined {
  const attribute = c.attribute('scales')
  if (attribute?.kind === 'floats') return attribute.value
  if (c.node.opType === 'Upsample' && c.since < 7) {
    const [height, width] = [c.float('height_scale'), c.float('width_scale')]
    return height === undefined || width === undefined ? undefined : [1, 1, height, width]
  }
  const constant = c.constant(c.node.opType === 'Upsample' || c.since < 11 ? 1 : 2)
  return constant === undefined ? undefined : Array.from(constant.numbers())
}

/** One scale for all axes: the smallest (not_larger) or the largest (not_smaller), sizes rounded half up. */
function keptAspect(
  dims: readonly Dim[],
  axes: readonly number[],
  sizes: readonly Dim[],
  policy: string,
  out: Dim[],
): readonly Dim[] {
  if (!axes.every((axis, i) => isStatic(dims[axis]!) && isStatic(sizes[i]!))) return out
  const ratios = axes.map((axis, i) => Math.fround((sizes[i] as number) / (dims[axis] as number)))
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  for (const axis of axes) out[axis] = Math.round(Math.fround(scale * (dims[axis] as number)))
  return out
}
