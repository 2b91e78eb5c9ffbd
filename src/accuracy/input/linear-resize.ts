import type { Size } from '../geometry.js'
import type { Image } from './image.js'

/**
 * Linear scaling with a triangle as wide as a pixel of the smaller image: interpolates where it enlarges, averages where it
 * shrinks. The middles of pixels lie at halves, so that corners stay where they are (libvips shifts by half a pixel when it
 * enlarges). Columns first, rounded to bytes, then rows: what Pillow, and torchvision with it, train with. Source: Pillow,
 * src/libImaging/Resample.c.
 */
export function linearResize(image: Image, { height, width }: Size): Image {
  const { channels } = image
  const wide = alongRows(image.pixels, { count: image.height, size: image.width, stride: channels }, width)
  const pixels = alongRows(wide, { count: 1, size: image.height, stride: width * channels }, height)
  return { height, width, channels, pixels }
}

/** `count` lines of `size` entries of `stride` bytes; entries of a line are mixed. */
interface Lines {
  readonly count: number
  readonly size: number
  readonly stride: number
}

function alongRows(pixels: Uint8Array, { count, size, stride }: Lines, wanted: number): Uint8Array {
  if (size === wanted) return pixels
  const taps = Array.from({ length: wanted }, (_, at) => tapsOf(at, size, wanted))
  const out = new Uint8Array(count * wanted * stride)
  for (let line = 0; line < count; line++) {
    for (let at = 0; at < wanted; at++) {
      const { first, weights } = taps[at]!
      const from = (line * size + first) * stride
      const to = (line * wanted + at) * stride
      for (let byte = 0; byte < stride; byte++) {
        let sum = 0.5
        for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * pixels[from + tap * stride + byte]!
        out[to + byte] = sum
      }
    }
  }
  return out
}

/** Which entries make up entry `at` of the result, from `first` on; the weights sum to one. */
function tapsOf(at: number, size: number, wanted: number): { readonly first: number; readonly weights: Float64Array } {
  const scale = size / wanted
  const reach = Math.max(scale, 1)
  const middle = (at + 0.5) * scale
  const first = Math.max(0, Math.floor(middle - reach + 0.5))
  const end = Math.min(size, Math.floor(middle + reach + 0.5))
  const weights = Float64Array.from({ length: end - first }, (_, tap) =>
    Math.max(0, 1 - Math.abs(first + tap + 0.5 - middle) / reach),
  )
  const sum = weights.reduce((a, b) => a + b, 0)
  return { first, weights: weights.map((weight) => weight / sum) }
}
