import { UserError } from '../../ir/errors.js'
import { isSameSize, type Size } from '../geometry.js'
import type { Image } from './image.js'
import { linearResize } from './linear-resize.js'
import type { Preprocess } from './preprocess.js'

/** An image scaled to `scaled`; the wanted part begins at (left, top), which is negative where it is padded. */
export interface Placement {
  readonly scaled: Size
  readonly left: number
  readonly top: number
}

/** Where an image comes to lie in an input of the wanted size. */
export function placement(image: Size, wanted: Size, preprocess: Preprocess): Placement {
  const { fit = 'crop', padAt = 'both' } = preprocess
  if (fit === 'squash') return { scaled: wanted, left: 0, top: 0 }
  if (fit === 'pad') {
    const factor = Math.min(wanted.width / image.width, wanted.height / image.height)
    const scaled = scaledBy(image, factor)
    const gap = (whole: number, part: number) => (padAt === 'end' ? 0 : 0 - Math.floor((whole - part) / 2))
    return { scaled, left: gap(wanted.width, scaled.width), top: gap(wanted.height, scaled.height) }
  }
  const scaled = coverSize(image, wanted, preprocess)
  // The middle, as torchvision's CenterCrop rounds it.
  return {
    scaled,
    left: Math.round((scaled.width - wanted.width) / 2),
    top: Math.round((scaled.height - wanted.height) / 2),
  }
}

const scaledBy = ({ height, width }: Size, factor: number): Size => ({
  height: Math.max(1, Math.round(height * factor)),
  width: Math.max(1, Math.round(width * factor)),
})

function coverSize(image: Size, wanted: Size, { shortSide }: Preprocess): Size {
  if (shortSide === undefined)
    return scaledBy(image, Math.max(wanted.width / image.width, wanted.height / image.height))
  // As torchvision's Resize: the long side is cut off to whole pixels.
  const short = Math.min(image.height, image.width)
  const long = (side: number) => Math.floor((shortSide * side) / short)
  const scaled = { height: long(image.height), width: long(image.width) }
  if (scaled.height >= wanted.height && scaled.width >= wanted.width) return scaled
  const what = `an image of ${image.width}x${image.height} with a short side of ${shortSide} does not cover ${wanted.width}x${wanted.height}`
  throw new UserError('invalid-data', '/shortSide', what, 'give a longer short side, or leave it out')
}

/** The image at the wanted size. */
export function resized(image: Image, wanted: Size, preprocess: Preprocess): Image {
  if (isSameSize(image, wanted) && preprocess.shortSide === undefined) return image
  const { scaled, left, top } = placement(image, wanted, preprocess)
  const whole = isSameSize(image, scaled) ? image : linearResize(image, scaled)
  return cut(whole, wanted, left, top, preprocess.padValue ?? 0)
}

/** The part of the wanted size that begins at (left, top); what lies outside of the image is `fill`. */
function cut(image: Image, wanted: Size, left: number, top: number, fill: number): Image {
  if (isSameSize(image, wanted)) return image
  const { channels } = image
  const pixels = new Uint8Array(wanted.height * wanted.width * channels).fill(fill)
  const from = Math.max(left, 0)
  const to = Math.min(left + wanted.width, image.width)
  for (let row = Math.max(top, 0); row < Math.min(top + wanted.height, image.height); row++) {
    const start = row * image.width
    const target = ((row - top) * wanted.width + from - left) * channels
    pixels.set(image.pixels.subarray((start + from) * channels, (start + to) * channels), target)
  }
  return { ...wanted, channels, pixels }
}
