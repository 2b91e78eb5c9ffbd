import { UserError } from '../../ir/errors.js'
import type { Labels } from '../data-set.js'
import type { Box } from '../geometry.js'
import type { StoredSamples } from '../stored-samples.js'

/** The boxes of one image, in its own pixels: x0, y0, x1, y1 from the top left corner, x0 <= x < x1. */
export interface ImageRecord {
  /** Index of the sample, or name of its file. */
  readonly image: number | string
  readonly boxes: readonly Box[]
  /** Class of each box; 0 where it is left out. */
  readonly classes?: readonly number[]
}

export function isBoxRecords(value: unknown): value is readonly ImageRecord[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord)
}

function isRecord(value: Partial<ImageRecord> | null): boolean {
  const { image, boxes, classes } = value ?? {}
  const isNamed = typeof image === 'string' || Number.isInteger(image)
  const isClassed = classes === undefined || (classes.length === boxes?.length && classes.every(Number.isInteger))
  return isNamed && isClassed && Array.isArray(boxes) && boxes.every(isBox)
}

const isBox = (box: unknown): boolean => Array.isArray(box) && box.length === 4 && box.every(Number.isFinite)

/** Boxes in the order of the samples, still in pixels of the stored images. Throws UserError `invalid-data`. */
export function labelsOfBoxes(records: readonly ImageRecord[], samples: StoredSamples, file: string): Labels {
  const indexOf = new Map(Array.from({ length: samples.count }, (_, sample) => [samples.nameOf(sample), sample]))
  const found = new Map<number, ImageRecord>()
  for (const record of records) {
    const sample = typeof record.image === 'number' ? record.image : (indexOf.get(record.image) ?? -1)
    const what = `image ${JSON.stringify(record.image)}`
    if (sample < 0 || sample >= samples.count)
      throw new UserError('invalid-data', '', `${what} is not in ${samples.source}`, 'remove the record', file)
    if (found.has(sample))
      throw new UserError('invalid-data', '', `${what} a second time`, 'keep one record of it', file)
    found.set(sample, record)
  }
  const missing = Array.from({ length: samples.count }, (_, sample) => sample).find((sample) => !found.has(sample))
  if (missing !== undefined) {
    const what = `${found.size} labels for ${samples.count} samples: none for ${samples.nameOf(missing)}`
    throw new UserError('invalid-data', '', what, 'add a record for it, with "boxes": [] if it shows nothing', file)
  }
  const boxes = Array.from({ length: samples.count }, (_, sample) => {
    const { boxes: own, classes } = found.get(sample)!
    return own.map((box, at) => ({ box, class: classes?.[at] ?? 0 }))
  })
  return { kind: 'boxes', boxes }
}
