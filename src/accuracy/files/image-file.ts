import { UserError } from '../../ir/errors.js'
import type { Size } from '../geometry.js'
import type { Image } from '../input/image.js'

export const isImageFile = (name: string): boolean => /\.(jpe?g|png|webp|gif|tiff?|avif)$/i.test(name)

/**
 * Decodes an image as training pipelines do: red, green and blue as stored (no colour profile, no rotation by metadata),
 * transparency dropped. Throws UserError `invalid-data`.
 */
export async function decodeImage(file: string): Promise<Image> {
  const { default: sharp } = await import('sharp')
  try {
    const { data, info } = await sharp(file, { ignoreIcc: true })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { height: info.height, width: info.width, channels: info.channels as 1 | 3, pixels: data }
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Height and width without decoding the pixels. */
export async function imageSize(file: string): Promise<Size> {
  const { default: sharp } = await import('sharp')
  try {
    const { height, width } = await sharp(file).metadata()
    return { height, width }
  } catch (error) {
    throw unreadable(file, error)
  }
}

const unreadable = (file: string, error: unknown) =>
  new UserError('invalid-data', '', `not a readable image: ${(error as Error).message}`, 'replace or remove it', file)
