import type { Model } from '../ir/graph.js'
import type { ChannelGroup } from '../passes/architecture/channel-groups.js'
import type { Decision, ResolutionDecision } from '../passes/architecture/decision.js'
import { depthMultiplier } from '../passes/architecture/widths.js'
import { imageSize, smallerImages } from './space/image-sizes.js'

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

/** Smaller images: of the sizes that every stride of the model divides those next to the shares. */
export const resolutions = (model: Model): Decision[] =>
  model.graph.inputs.flatMap((input) => {
    const [height] = imageSize(input) ?? []
    const sizes = input.tensor === undefined && height !== undefined ? smallerImages(model, input) : []
    return [...new Set(ratios.flatMap((ratio) => nearest(sizes, ratio * height!) ?? []))]
  })

/** Of equally near ones the larger; sizes fall. */
function nearest(sizes: readonly ResolutionDecision[], height: number): ResolutionDecision | undefined {
  const gap = (size: ResolutionDecision) => Math.abs(size.height - height)
  return sizes.toSorted((a, b) => gap(a) - gap(b))[0]
}
