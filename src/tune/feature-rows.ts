import type { Tensor } from '../ir/tensor.js'
import { identity } from '../passes/architecture/positions.js'
import type { ConvolutionGeometry } from '../passes/convolution-layer.js'
import { SeededRandom } from '../runtime/random.js'

/** Rows of a linear system: features [count, width], and what they are to give [count, outputs]. */
export interface Rows {
  readonly count: number
  /** Whether the last feature is the 1 of a bias. */
  readonly hasBias: boolean
  readonly features: Float32Array
  readonly targets: Float32Array
}

/**
 * Where the channels of a tensor of one sample are: [B, C, positions...] or [positions..., C]. B is 1 unless images of one sample
 * go through a layer as a batch: then the positions of all of them count, image by image.
 */
export type RowLayout = 'channels-first' | 'channels-last'

/** Positions and channels of a tensor of one sample. */
export function rowShape(dims: readonly number[], layout: RowLayout): { positions: number; channels: number } {
  const channels = layout === 'channels-first' ? dims[1]! : dims.at(-1)!
  return { positions: dims.reduce((all, size) => all * size, 1) / Math.max(1, channels), channels }
}

/**
 * Some of `count` positions in random order, none twice; the first of them are the same however many are asked for. All samples
 * have the same ones, so that a graph can pick them.
 */
export function drawnPositions(count: number, wanted: number): Int32Array {
  const random = new SeededRandom(count)
  const all = identity(count)
  const drawn = Math.min(wanted, count)
  for (let i = 0; i < drawn; i++) {
    const j = random.integer(i, count - 1)
    const swapped = all[i]!
    all[i] = all[j]!
    all[j] = swapped
  }
  return all.slice(0, drawn)
}

/**
 * What a 2-D convolution sees of some input channels (default: all) at some positions of its output (im2col): x [B, C, H, W],
 * output [B, M, H', W'] -> [positions, channels kH kW + 1], the last column ones. Columns are in the order of the weight [M, C, kH, kW]; outside the
 * image there are zeros.
 */
export function windowsAt(
  x: Tensor,
  geometry: ConvolutionGeometry,
  outDims: readonly number[],
  positions: Int32Array,
  channels: { readonly first: number; readonly count: number } = { first: 0, count: x.dims[1]! },
): Float32Array {
  const [, inChannels = 0, height = 0, width = 0] = x.dims
  const [, , outHeight = 0, outWidth = 0] = outDims
  const values = x.numbers()
  const [kernelHeight = 1, kernelWidth = 1] = geometry.kernel
  const [strideHeight = 1, strideWidth = 1] = geometry.strides
  const [dilationHeight = 1, dilationWidth = 1] = geometry.dilations
  const [top = 0, left = 0] = geometry.pads.begin
  const row = channels.count * kernelHeight * kernelWidth + 1
  const rows = new Float32Array(positions.length * row)
  for (let n = 0; n < positions.length; n++) {
    const image = Math.floor(positions[n]! / (outHeight * outWidth))
    const position = positions[n]! % (outHeight * outWidth)
    const first = image * inChannels + channels.first
    const y0 = Math.floor(position / outWidth) * strideHeight - top
    const x0 = (position % outWidth) * strideWidth - left
    let at = n * row
    for (let c = first; c < first + channels.count; c++) {
      for (let i = 0; i < kernelHeight; i++) {
        const y = y0 + i * dilationHeight
        if (y < 0 || y >= height) {
          at += kernelWidth
          continue
        }
        const line = (c * height + y) * width
        for (let j = 0; j < kernelWidth; j++, at++) {
          const column = x0 + j * dilationWidth
          if (column >= 0 && column < width) rows[at] = values[line + column]!
        }
      }
    }
    rows[at] = 1
  }
  return rows
}

/** Vectors [1, positions..., C] at some positions: [positions, C + 1], the last column ones. */
export function vectorsAt(x: Tensor, positions: Int32Array): Float32Array {
  const width = x.dims.at(-1)!
  const values = x.numbers()
  const rows = new Float32Array(positions.length * (width + 1))
  for (let n = 0; n < positions.length; n++) {
    const from = positions[n]! * width
    const to = n * (width + 1)
    for (let i = 0; i < width; i++) rows[to + i] = values[from + i]!
    rows[to + width] = 1
  }
  return rows
}

/** y of one sample at some positions: [positions, channels]. */
export function channelsAt(y: Tensor, positions: Int32Array, layout: RowLayout): Float32Array {
  const shape = rowShape(y.dims, layout)
  const images = layout === 'channels-first' ? y.dims[0]! : 1
  const perImage = shape.positions / Math.max(1, images)
  const [alongPosition, alongChannel] = layout === 'channels-first' ? [1, perImage] : [shape.channels, 1]
  const values = y.numbers()
  const rows = new Float32Array(positions.length * shape.channels)
  let at = 0
  for (const position of positions) {
    const begin = Math.floor(position / perImage) * perImage * shape.channels + (position % perImage) * alongPosition
    for (let channel = 0; channel < shape.channels; channel++) rows[at++] = values[begin + channel * alongChannel]!
  }
  return rows
}

/** Rows with several lists of targets for the same features. */
export interface SharedRows extends Omit<Rows, 'targets'> {
  readonly targets: readonly Float32Array[]
}

/** Rows of few samples together: a product costs a message to the runtime, however small it is. */
export class RowChunks {
  readonly #chunks: SharedRows[] = []
  #open: SharedRows[] = []
  #count = 0

  add(rows: SharedRows): void {
    this.#open.push(rows)
    this.#count += rows.count
    if (this.#count >= chunkRows) this.#close()
  }

  /** All rows so far, with one of the lists of targets. The last chunk may be short. */
  with(list: number): Rows[] {
    this.#close()
    return this.#chunks.map((chunk) => ({ ...chunk, targets: chunk.targets[list]! }))
  }

  #close(): void {
    const [first] = this.#open
    if (first === undefined) return
    const features = concatenated(this.#open.map((rows) => rows.features))
    const targets = first.targets.map((_, list) => concatenated(this.#open.map((rows) => rows.targets[list]!)))
    this.#chunks.push({ count: this.#count, hasBias: first.hasBias, features, targets })
    this.#open = []
    this.#count = 0
  }
}

const chunkRows = 1 << 14

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
