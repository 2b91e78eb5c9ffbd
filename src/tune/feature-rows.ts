import type { Tensor } from '../ir/tensor.js'
import type { ConvolutionGeometry } from '../passes/convolution-layer.js'

/** Rows of a linear system: features [count, width] with a trailing 1 for the bias, and what they are to give [count, outputs]. */
export interface Rows {
  readonly count: number
  readonly features: Float32Array
  readonly targets: Float32Array
}

/**
 * What a dense 2-D convolution sees at some output positions (im2col): x [1, C, H, W] -> [positions, C kH kW + 1], the last
 * column ones. Columns are in the order of the weight [M, C, kH, kW]; outside the image there are zeros.
 */
export function windowsAt(
  x: Tensor,
  geometry: ConvolutionGeometry,
  outWidth: number,
  positions: Int32Array,
): Float32Array {
  const [, channels = 0, height = 0, width = 0] = x.dims
  const values = x.numbers()
  const [kernelHeight = 1, kernelWidth = 1] = geometry.kernel
  const [strideHeight = 1, strideWidth = 1] = geometry.strides
  const [dilationHeight = 1, dilationWidth = 1] = geometry.dilations
  const [top = 0, left = 0] = geometry.pads.begin
  const row = channels * kernelHeight * kernelWidth + 1
  const rows = new Float32Array(positions.length * row)
  positions.forEach((position, n) => {
    const y0 = Math.floor(position / outWidth) * strideHeight - top
    const x0 = (position % outWidth) * strideWidth - left
    let at = n * row
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < kernelHeight; i++) {
        const y = y0 + i * dilationHeight
        const isInside = y >= 0 && y < height
        for (let j = 0; j < kernelWidth; j++, at++) {
          const column = x0 + j * dilationWidth
          if (isInside && column >= 0 && column < width) rows[at] = values[(c * height + y) * width + column]!
        }
      }
    }
    rows[at] = 1
  })
  return rows
}

/** y [1, M, H, W] at some positions, some channels (default: all): [positions, channels]. */
export function channelsAt(y: Tensor, positions: Int32Array, channels?: Int32Array): Float32Array {
  const plane = y.dims[2]! * y.dims[3]!
  const kept = channels ?? Int32Array.from({ length: y.dims[1]! }, (_, c) => c)
  const values = y.numbers()
  const rows = new Float32Array(positions.length * kept.length)
  let at = 0
  for (const position of positions) for (const channel of kept) rows[at++] = values[channel * plane + position]!
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

const chunkRows = 1 << 13

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
