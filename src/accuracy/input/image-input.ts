import type { Dim } from '../../ir/dim.js'
import type { DType } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Value } from '../../ir/graph.js'
import { Tensor, type TypedArray } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { isSameSize, type Size } from '../geometry.js'
import { type Image, withChannels } from './image.js'
import type { Preprocess } from './preprocess.js'
import { resized } from './resize.js'
import { byteTables, toScaling } from './scaling.js'

/** A rank-4 input that takes images. */
export interface ImageInput {
  readonly name: string
  readonly dtype: DType
  readonly layout: 'NCHW' | 'NHWC'
  readonly channels: 1 | 3
  /** undefined: the model leaves it open. */
  readonly height: number | undefined
  readonly width: number | undefined
}

/** How an input takes images; undefined: it takes none (another rank, another number of channels). */
export function imageInput(input: Value, preprocess: Preprocess): ImageInput | undefined {
  const dims = dimsOf(input.type)
  const dtype = dtypeOf(input.type)
  if (dims?.length !== 4 || dtype === undefined) return undefined
  const layout = preprocess.layout ?? layoutOf(dims)
  const channels = channelsOf(layout === 'NHWC' ? dims[3]! : dims[1]!, preprocess)
  if (channels === undefined) return undefined
  const [height, width] = (layout === 'NHWC' ? dims.slice(1, 3) : dims.slice(2, 4)).map(fixed)
  const [openHeight, openWidth] = preprocess.size ?? []
  return { name: input.name, dtype, layout, channels, height: height ?? openHeight, width: width ?? openWidth }
}

const fixed = (dim: Dim): number | undefined => (typeof dim === 'number' ? dim : undefined)

/** Channels stand first unless only the last axis can be channels. */
const layoutOf = (dims: readonly Dim[]): 'NCHW' | 'NHWC' =>
  dims[1] !== 1 && dims[1] !== 3 && (dims[3] === 1 || dims[3] === 3) ? 'NHWC' : 'NCHW'

function channelsOf(dim: Dim, { channels }: Preprocess): 1 | 3 | undefined {
  if (dim === 1 || dim === 3) return dim
  if (typeof dim === 'number') return undefined
  return channels === 'gray' ? 1 : 3
}

/** Image files have no numbers that a float model could take as they are: what it was trained on must be said. */
export function requireScaling(input: ImageInput, preprocess: Preprocess, source: string): void {
  if (preprocess.scaling !== undefined || input.dtype === 'uint8') return
  throw new UserError(
    'invalid-data',
    '',
    'nothing says how pixels of 0 to 255 become the numbers the model was trained on',
    'give --preprocess imagenet, tensorflow, unit or none, or a preprocess.json',
    source,
  )
}

/** Scales every image to the input's size, and writes them one after the other. */
export function imageBatch(
  images: readonly Image[],
  input: ImageInput,
  preprocess: Preprocess,
  source: string,
): Tensor {
  const wanted = wantedSize(images, input, source)
  const fitted = images.map((image) => resized(withChannels(image, input.channels), wanted, preprocess))
  const scaling = toScaling(preprocess.scaling ?? 'none')
  const tables = byteTables(scaling, input.channels, input.dtype)
  const area = wanted.height * wanted.width
  const out = emptyLike(tables[0]!, images.length * area * input.channels)
  fitted.forEach(({ pixels }, at) => {
    writePixels(pixels, tables, input, preprocess, out, at * area * input.channels)
  })
  const { height, width } = wanted
  const dims = input.layout === 'NCHW' ? [input.channels, height, width] : [height, width, input.channels]
  return Tensor.fromArray(input.dtype, [images.length, ...dims], out)
}

function wantedSize(images: readonly Image[], { name, height, width }: ImageInput, source: string): Size {
  if (height !== undefined && width !== undefined) return { height, width }
  const [first] = images
  const own = { height: height ?? first!.height, width: width ?? first!.width }
  if (images.every((image) => isSameSize(image, first!))) return own
  const what = `images of different sizes for input ${name}, which leaves its size open`
  throw new UserError('invalid-data', '/size', what, 'give "size": [height, width] in preprocess.json', source)
}

const emptyLike = (array: TypedArray, length: number): TypedArray =>
  new (array.constructor as new (length: number) => TypedArray)(length)

function writePixels(
  pixels: Uint8Array,
  tables: readonly TypedArray[],
  { channels, layout }: ImageInput,
  { channels: meaning }: Preprocess,
  out: TypedArray,
  offset: number,
): void {
  const area = pixels.length / channels
  // All arrays are of one kind; the type checker cannot know.
  const target = out as Float32Array
  for (let channel = 0; channel < channels; channel++) {
    const table = tables[channel] as Float32Array
    const from = meaning === 'bgr' ? channels - 1 - channel : channel
    const start = offset + (layout === 'NCHW' ? channel * area : channel)
    const step = layout === 'NCHW' ? 1 : channels
    for (let at = 0; at < area; at++) target[start + at * step] = table[pixels[at * channels + from]!]!
  }
}
