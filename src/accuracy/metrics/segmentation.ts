import { isInteger } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Tensor } from '../../ir/tensor.js'
import type { Outputs } from '../outputs.js'
import type { Accumulator, Metric, ScoredSample } from './metric.js'

/** Pixels of a sample by class: in both, in the answer, in the truth. */
interface Overlap {
  readonly both: Float64Array
  readonly answered: Float64Array
  readonly true: Float64Array
}

/** Classes that a model may have whose answer does not say: 255 is nothing in every data set. */
const classLimit = 255

/** A class index for every pixel. */
interface ClassMap {
  readonly classes: number
  readonly map: ArrayLike<number>
}

export const meanIntersectionOverUnion: Metric = {
  id: 'miou',
  title: 'mean IoU',
  definition:
    'pixels in truth and answer over pixels in either, by class over all images; mean over classes that occur',
  higherIsBetter: true,
  unit: 'share',
  needs: 'masks',
  start: () =>
    overlaps((both, answered, truth) => {
      let sum = 0
      let occurring = 0
      for (let index = 0; index < both.length; index++) {
        const union = answered[index]! + truth[index]! - both[index]!
        if (union === 0) continue
        sum += both[index]! / union
        occurring += 1
      }
      return sum / occurring
    }),
}

export const pixelAccuracy: Metric = {
  id: 'pixel-accuracy',
  title: 'pixel accuracy',
  definition: 'share of labelled pixels whose class is right',
  higherIsBetter: true,
  unit: 'share',
  needs: 'masks',
  start: () => overlaps((both, _, truth) => both.reduce((a, b) => a + b, 0) / truth.reduce((a, b) => a + b, 0)),
}

/** A figure of the pixel counts summed over samples. */
function overlaps(figure: (both: Float64Array, answered: Float64Array, truth: Float64Array) => number): Accumulator {
  const samples: Overlap[] = []
  const summed = (part: keyof Overlap, weights: ArrayLike<number>) => {
    const sum = new Float64Array(samples[0]?.[part].length ?? 0)
    samples.forEach((sample, at) => {
      const pixels = sample[part]
      for (let index = 0; index < sum.length; index++) sum[index]! += weights[at]! * pixels[index]!
    })
    return sum
  }
  return {
    add: (sample) => {
      samples.push(overlapOf(sample))
    },
    scored: () => ({
      figure: (weights) => figure(summed('both', weights), summed('answered', weights), summed('true', weights)),
    }),
  }
}

function overlapOf({ sample, outputs, labels }: ScoredSample): Overlap {
  if (labels?.kind !== 'masks')
    throw new UserError('invalid-data', '', 'masks are missing', 'give an .npy [N, H, W] with --labels')
  const { height, width, masks, ignored } = labels
  const { classes, map } = classMapOf(outputs, height, width)
  const overlap = {
    both: new Float64Array(classes),
    answered: new Float64Array(classes),
    true: new Float64Array(classes),
  }
  const offset = sample * height * width
  for (let pixel = 0; pixel < height * width; pixel++) {
    const truth = masks[offset + pixel]!
    if (truth >= classes || truth === ignored) continue
    const answer = map[pixel]!
    overlap.true[truth]! += 1
    if (answer < classes) overlap.answered[answer]! += 1
    if (answer === truth) overlap.both[truth]! += 1
  }
  return overlap
}

/** From scores [1, C, H, W] or [1, H, W, C], or from classes [1, H, W] or [1, 1, H, W] themselves. */
function classMapOf(outputs: Outputs, height: number, width: number): ClassMap {
  for (const tensor of outputs.values()) {
    const [batch, ...dims] = tensor.dims
    const isOfSize = (at: number) => dims[at] === height && dims[at + 1] === width
    if (batch !== 1 || tensor.size % (height * width) !== 0) continue
    if (isInteger(tensor.dtype) && tensor.size === height * width) return { classes: classLimit, map: tensor.numbers() }
    if (dims.length !== 3 || tensor.size === height * width) continue
    const area = height * width
    if (isOfSize(1)) return largestOf(tensor, dims[0]!, area, (pixel, index) => index * area + pixel)
    if (isOfSize(0)) return largestOf(tensor, dims[2]!, area, (pixel, index) => pixel * dims[2]! + index)
  }
  const found = [...outputs].map(([name, { dims }]) => `${name} [${dims.join(', ')}]`).join(', ')
  const what = `masks are ${height}x${width}; no output has scores of classes for them: ${found}`
  throw new UserError('invalid-data', '', what, 'give masks of the size that the model answers')
}

/** The class of the largest score at every pixel; the first of equal ones. */
function largestOf(
  tensor: Tensor,
  classes: number,
  area: number,
  place: (pixel: number, index: number) => number,
): ClassMap {
  const scores = tensor.numbers()
  const map = new Uint16Array(area)
  for (let pixel = 0; pixel < area; pixel++) {
    let best = 0
    for (let index = 1; index < classes; index++)
      if (scores[place(pixel, index)]! > scores[place(pixel, best)]!) best = index
    map[pixel] = best
  }
  return { classes, map }
}
