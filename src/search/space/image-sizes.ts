import { dimsEqual, isStatic } from '../../ir/dim.js'
import type { Model, Value } from '../../ir/graph.js'
import { valuesOf } from '../../ir/graph-values.js'
import { dimsOf } from '../../ir/type.js'
import type { ResolutionDecision } from '../../passes/architecture/decision.js'
import { type Declined, declined, isDeclined } from '../../passes/architecture/declined.js'
import { imageAxes } from '../../passes/architecture/image-axes.js'
import { applyDecisions } from '../../passes/architecture/recipe.js'

/** Images smaller than this share of what a model was trained on, in height and width, are not looked at. */
const leastShare = 0.5

/** Height and width of an image input; undefined: it is none, or one of them is open. Types are inferred. */
export function imageSize(input: Value): readonly [height: number, width: number] | undefined {
  const sizes = imageAxes(input)?.map((axis) => dimsOf(input.type)?.[axis])
  const [height, width] = sizes ?? []
  return height !== undefined && width !== undefined && isStatic(height) && isStatic(width)
    ? [height, width]
    : undefined
}

/**
 * Smaller sizes of an image input, largest first: its aspect is kept, and height and width stay whole multiples of the model's total
 * stride. None where the input is no image or a size of it is open.
 */
export function smallerImages(model: Model, input: Value): ResolutionDecision[] {
  const size = imageSize(input)
  if (size === undefined) return []
  const [height, width] = size
  const step = totalStride(model, size)
  const sizes: ResolutionDecision[] = []
  for (let scaled = height - step; scaled >= leastShare * height; scaled -= step) {
    const other = (scaled * width) / height
    if (other % step === 0) sizes.push({ kind: 'resolution', input: input.name, height: scaled, width: other })
  }
  return sizes
}

/** How many positions of an image there are, along both axes, for one of the smallest map that is made of it. */
function totalStride(model: Model, [height, width]: readonly [number, number]): number {
  let stride = 1
  for (const value of valuesOf(model.graph)) {
    const dims = dimsOf(value.type)
    if (dims?.length !== 4) continue
    // [N, C, H, W] within, whatever the input's own order. What is no map of the image has other proportions.
    const [rows, columns] = dims.slice(2)
    if (typeof rows !== 'number' || typeof columns !== 'number' || rows * columns <= 1) continue
    if (height % rows === 0 && height * columns === width * rows) stride = Math.max(stride, height / rows)
  }
  return stride
}

/** Sizes that are tried: where strides are small there are many, next to each other. */
const mostTried = 16

/** A model at another size of its image. */
export interface SizedModel {
  readonly decision: ResolutionDecision
  readonly model: Model
}

/**
 * A model at smaller sizes that it allows, largest first; of many those at even distances, the smallest among them. Only sizes that leave the outputs their own: answers in other sizes are
 * neither compared with the original's nor what those who read them take. With what is in the way of the others.
 */
export function sizedModels(model: Model): {
  readonly sized: readonly SizedModel[]
  readonly declined: readonly { readonly decision: ResolutionDecision; readonly why: Declined }[]
} {
  const sized: SizedModel[] = []
  const refused: { decision: ResolutionDecision; why: Declined }[] = []
  const images = model.graph.inputs.filter((input) => input.tensor === undefined && imageSize(input) !== undefined)
  for (const decision of images.flatMap((input) => evenly(smallerImages(model, input)))) {
    const built = images.length > 1 ? severalImages(images) : applyDecisions(model, [decision])
    const why = isDeclined(built) ? built : declineOutputs(model, built.model)
    if (why !== undefined) refused.push({ decision, why })
    else if (!isDeclined(built)) sized.push({ decision, model: built.model })
  }
  return { sized, declined: refused }
}

function evenly<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= mostTried) return items
  return Array.from({ length: mostTried }, (_, i) => items[Math.ceil(((i + 1) * items.length) / mostTried) - 1]!)
}

const severalImages = (images: readonly Value[]): Declined =>
  declined(
    'several-images',
    `inputs ${images.map(({ name }) => `"${name}"`).join(', ')}`,
    'decide on their sizes in a recipe: whether they go together is not known',
  )

function declineOutputs(before: Model, after: Model): Declined | undefined {
  for (const [i, output] of before.graph.outputs.entries()) {
    const [old, now] = [output, after.graph.outputs[i]!].map(({ type }) => dimsOf(type) ?? [])
    if (old!.some((dim, axis) => now![axis] === undefined || !dimsEqual(dim, now![axis]!)))
      return declined(
        'output-follows-image',
        `output "${output.name}"`,
        'decide on the resolution in a recipe, and judge it with labels: answers of another size are not compared',
      )
  }
  return undefined
}
