import { isStatic } from '../ir/dim.js'
import type { Model, Value } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { dimsOf } from '../ir/type.js'
import type { ChannelGroup } from '../passes/architecture/channel-groups.js'
import type { Decision } from '../passes/architecture/decision.js'
import { imageAxes } from '../passes/architecture/image-axes.js'
import { depthMultiplier } from '../passes/architecture/widths.js'

/** Shares of channels, and of the height and width of images, that are tried. */
const ratios = [0.875, 0.75, 0.625, 0.5]

/** Depth multipliers that come to other widths than the one before them. */
export function multipliers(groups: readonly ChannelGroup[], widthStep: number): Decision[] {
  let before = '[]'
  return ratios.flatMap((ratio) => {
    const widths = JSON.stringify(depthMultiplier(groups, ratio, { multipleOf: widthStep }))
    if (widths === before) return []
    before = widths
    return [{ kind: 'depth-multiplier', ratio }]
  })
}

/** Smaller images, at sizes that every stride of the model divides. */
export const resolutions = (model: Model): Decision[] =>
  model.graph.inputs.filter(({ tensor }) => tensor === undefined).flatMap((input) => smallerImages(model, input))

function smallerImages(model: Model, input: Value): Decision[] {
  const axes = imageAxes(input)
  const sizes = axes?.map((axis) => dimsOf(input.type)?.[axis])
  const [height, width] = sizes ?? []
  if (axes === undefined || height === undefined || width === undefined || !isStatic(height) || !isStatic(width))
    return []
  const step = totalStride(model, height)
  const tried = new Set<number>()
  return ratios.flatMap((ratio) => {
    const scaled = Math.round((ratio * height) / step) * step
    const other = (scaled * width) / height
    if (scaled === 0 || scaled >= height || other % step !== 0 || tried.has(scaled)) return []
    tried.add(scaled)
    return [{ kind: 'resolution', input: input.name, height: scaled, width: other }]
  })
}

/** How many positions of an image there are for one of the smallest map that is made of it. */
function totalStride(model: Model, height: number): number {
  let stride = 1
  for (const value of valuesOf(model.graph)) {
    const dims = dimsOf(value.type)
    // [N, C, H, W] within, whatever the input's own order.
    const extent = dims?.length === 4 ? dims[2] : undefined
    if (typeof extent === 'number' && extent > 1 && height % extent === 0) stride = Math.max(stride, height / extent)
  }
  return stride
}
