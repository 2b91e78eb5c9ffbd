import type { Tensor } from '../ir/tensor.js'
import type { ConvolutionGeometry } from '../passes/convolution-layer.js'
import { SeededRandom } from '../runtime/random.js'

/** Rows of a linear system: features [count, width] with a trailing 1 for the bias, and what they are to give [count, outputs]. */
export interface Rows {
  readonly count: number
  readonly features: Float32Array
  readonly targets: Float32Array
}

/** Where the channels of a tensor of one sample are: [1, C, positions...] or [1, positions..., C]. */
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
  const all = Int32Array.from({ length: count }, (_, i) => i)
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
 * What a 2-D convolution sees of some input channels (default: all) at some output positions (im2col): x [1, C, H, W] ->
 * [positions, channels kH kW + 1], the last column ones. Columns are in the order of the weight [M, C, kH, kW]; outside the
 * image there are zeros.
 */
export function windowsAt(
  x: Tensor,
  geometry: ConvolutionGeometry,
  outWidth: number,
  positions: Int32Array,
  channels: { readonly first: number; readonly count: number } = { first: 0, count: x.dims[1]! },
): Float32Array {
  const [, , height = 0, width = 0] = x.dims
  const values = x.numbers()
  const [kernelHeight = 1, kernelWidth = 1] = geometry.kernel
  const [strideHeight = 1, strideWidth = 1] = geometry.strides
  const [dilationHeight = 1, dilationWidth = 1] = geometry.dilations
  const [top = 0, left = 0] = geometry.pads.begin
  const end = channels.first + channels.count
  const row = channels.count * kernelHeight * kernelWidth + 1
  const rows = new Float32Array(positions.length * row)
  for (let n = 0; n < positions.length; n++) {
    const position = positions[n]!
    const y0 = Math.floor(position / outWidth) * strideHeight - top
    const x0 = (position % outWidth) * strideWidth - left
    let at = n * row
    for (let c = channels.first; c < end; c++) {
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
  const [alongPosition, alongChannel] = layout === 'channels-first' ? [1, shape.positions] : [shape.channels, 1]
  const values = y.numbers()
  const rows = new Float32Array(positions.length * shape.channels)
  let at = 0
  for (const position of positions)
    for (let channel = 0; channel < shape.channels; channel++)
      rows[at++] = values[channel * alongChannel + position * alongPosition]!
  return rows
}

/** Rows of few samples together: a product costs a message to the runtime, however small it is. */
export class RowChunks {
  readonly chunks: Rows[] = []
  #open: Rows[] = []
  #count = 0

  add(rows: Rows): void {
    this.#open.push(rows)
    this.#count += rows.count
    if (this.#count >= chunkRows) this.close()
  }

  /** The last chunk may be short. */
  close(): void {
    if (this.#count === 0) return
    const features = concatenated(this.#open.map((rows) => rows.features))
    const targets = concatenated(this.#open.map((rows) => rows.targets))
    this.chunks.push({ count: this.#count, features, targets })
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
