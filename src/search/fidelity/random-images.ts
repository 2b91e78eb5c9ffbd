import { fedInputs } from '../../accuracy/input/sample-input.js'
import { type ScalingPreset, scaler, scalingPresets } from '../../accuracy/input/scaling.js'
import { isFloat } from '../../ir/dtype.js'
import type { Model, Value } from '../../ir/graph.js'
import { type Tensor, volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { imageAxes } from '../../passes/architecture/image-axes.js'
import { fromDoubles } from '../../passes/weights.js'
import { SeededRandom } from '../../runtime/random.js'
import { type Feeds, normalFeeds } from '../zero-shot/forward.js'

/** Mean and deviation of the bytes of photographs. */
const [byteMean, byteDeviation] = [118, 62] as const

/** Share of the variance that the colours of a pixel have in common. */
const greyShare = 0.8

/**
 * Inputs for a model whose sizes are numbers, as nobody knows its data: float images get squares of all sizes over one another,
 * which have as much energy in every octave as photographs have (Field 1987), scaled like a preset says; what is no image gets
 * normal numbers.
 */
export function randomImages(model: Model, preset: ScalingPreset, seed: number): Feeds {
  const random = new SeededRandom(seed)
  const feeds = new Map(normalFeeds(model, seed))
  for (const input of fedInputs(model)) {
    const axes = imageAxesOf(input)
    if (axes !== undefined) feeds.set(input.name, imagesFor(feeds.get(input.name)!, axes, preset, random))
  }
  return feeds
}

/** Whether any input is an image of float numbers, and so has been scaled somehow. */
export const hasImages = (model: Model): boolean => fedInputs(model).some((input) => imageAxesOf(input) !== undefined)

/** Height and width of a float image, grey or in colour. */
function imageAxesOf(input: Value): readonly [number, number] | undefined {
  const dims = dimsOf(input.type)
  const axes = isFloat(dtypeOf(input.type) ?? 'string') && dims?.length === 4 ? imageAxes(input) : undefined
  const channels = axes === undefined ? undefined : dims?.[axes[0] === 1 ? 3 : 1]
  return channels === 1 || channels === 3 ? axes : undefined
}

/** Which colour grey is scaled like. */
const green = 1

/** [samples, channels, height, width] or channels last. */
function imagesFor(
  { dtype, dims }: Tensor,
  [rowAxis, columnAxis]: readonly [number, number],
  preset: ScalingPreset,
  random: SeededRandom,
): Tensor {
  const channelAxis = rowAxis === 1 ? 3 : 1
  const [samples, channels] = [dims[0]!, dims[channelAxis]!]
  const [height, width] = [dims[rowAxis]!, dims[columnAxis]!]
  const scale = scaler(scalingPresets[preset], 3)
  const strides = dims.map((_, axis) => volume(dims.slice(axis + 1)))
  const values = new Float64Array(volume(dims))
  for (let sample = 0; sample < samples; sample++) {
    const grey = squares(height, width, random)
    for (let channel = 0; channel < channels; channel++) {
      const own = squares(height, width, random)
      const first = sample * strides[0]! + channel * strides[channelAxis]!
      for (let place = 0; place < own.length; place++) {
        const mixed = Math.sqrt(greyShare) * grey[place]! + Math.sqrt(1 - greyShare) * own[place]!
        const byte = Math.min(255, Math.max(0, byteMean + byteDeviation * mixed))
        const at = first + Math.floor(place / width) * strides[rowAxis]! + (place % width) * strides[columnAxis]!
        values[at] = scale(byte, channels === 3 ? channel : green)
      }
    }
  }
  return fromDoubles(dtype, dims, values)
}

/** Mean 0, variance 1: for every octave a grid of normal numbers in squares, at an offset of its own. [height, width] */
function squares(height: number, width: number, random: SeededRandom): Float64Array {
  const plane = new Float64Array(height * width)
  const octaves = Math.max(1, Math.ceil(Math.log2(Math.min(height, width))))
  for (let octave = 0; octave < octaves; octave++) {
    const side = 2 ** octave
    const [top, left] = [random.integer(0, side - 1), random.integer(0, side - 1)]
    const columns = Math.ceil((width + left) / side)
    const rows = Math.ceil((height + top) / side)
    const grid = Float64Array.from({ length: rows * columns }, () => random.normal() / Math.sqrt(octaves))
    for (let i = 0; i < height; i++) {
      const row = Math.floor((i + top) / side) * columns
      for (let j = 0; j < width; j++) plane[i * width + j]! += grid[row + Math.floor((j + left) / side)]!
    }
  }
  return plane
}
