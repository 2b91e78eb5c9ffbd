import type { Tensor } from '../../ir/tensor.js'

/** Pixels of 0 to 255, row by row, the channels of a pixel together: gray or red, green, blue. */
export interface Image {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
  /** [height, width, channels] */
  readonly pixels: Uint8Array
}

/** Where the channels stand in an array [height, width], [height, width, channels] or [channels, height, width]. */
export type ChannelPlace = 'none' | 'first' | 'last'

/** undefined: no image. An array whose first and last axis both could be channels is taken for [height, width, channels]. */
export function channelPlace(dims: readonly number[]): ChannelPlace | undefined {
  if (dims.length === 2) return 'none'
  if (dims.length !== 3) return undefined
  if (isChannelCount(dims[2]!)) return 'last'
  return isChannelCount(dims[0]!) ? 'first' : undefined
}

const isChannelCount = (size: number): boolean => size === 1 || size === 3

/** Bytes of an array as an image. */
export function imageOf(tensor: Tensor, place: ChannelPlace): Image {
  const pixels = tensor.bytes()
  const [a, b, c] = tensor.dims as [number, number, number]
  if (place === 'none') return { height: a, width: b, channels: 1, pixels }
  if (place === 'last') return { height: a, width: b, channels: c as 1 | 3, pixels }
  return { height: b, width: c, channels: a as 1 | 3, pixels: channelsLast(pixels, a, b * c) }
}

/** [channels, area] to [area, channels] */
function channelsLast(planes: Uint8Array, channels: number, area: number): Uint8Array {
  if (channels === 1) return planes
  const pixels = new Uint8Array(planes.length)
  for (let channel = 0; channel < channels; channel++)
    for (let at = 0; at < area; at++) pixels[at * channels + channel] = planes[channel * area + at]!
  return pixels
}

/** The same picture with one channel or three. Gray is luma as in ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image
  const { pixels, height, width } = image
  const out = new Uint8Array(height * width * channels)
  for (let at = 0; at < height * width; at++) {
    if (channels === 3) out.fill(pixels[at]!, 3 * at, 3 * at + 3)
    else out[at] = Math.round(0.299 * pixels[3 * at]! + 0.587 * pixels[3 * at + 1]! + 0.114 * pixels[3 * at + 2]!)
  }
  return { height, width, channels, pixels: out }
}
