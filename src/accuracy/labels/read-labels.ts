import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../ir/errors.js'
import { readJson } from '../../ir/json-file.js'
import type { Labels } from '../data-set.js'
import { leadingIndexes } from '../files/folder.js'
import { openNpy } from '../files/npy.js'
import { innerName } from '../files/whole-file.js'
import type { Preprocess } from '../input/preprocess.js'
import type { Stored } from '../open-stored.js'
import { labelsOfArray } from './array-labels.js'
import { type ImageRecord, isBoxRecords, labelsOfBoxes } from './box-labels.js'
import { classesFromCsv } from './csv-labels.js'

/**
 * The right answers for stored samples: from the file named with `--labels`, else from what lies with the data (labels in
 * the same archive, `labels.csv` in the folder, class folders in alphabetical order, file names like `12_name.jpg`).
 * undefined: there are none. Throws UserError `invalid-data`, also where there are more or fewer than samples.
 */
export async function readLabels(
  stored: Stored,
  file: string | undefined,
  preprocess: Preprocess,
): Promise<Labels | undefined> {
  const found = file === undefined ? await labelsBeside(stored, preprocess) : await labelsFrom(file, stored, preprocess)
  if (found === undefined) return undefined
  const { labels, origin } = found
  const { count, source } = stored.samples
  const given = labelCount(labels)
  if (given === count) return labels
  throw new UserError(
    'invalid-data',
    '',
    `${given} labels for ${count} samples in ${source}`,
    'give one for each',
    origin,
  )
}

interface Found {
  readonly labels: Labels
  /** For messages. */
  readonly origin: string
}

async function labelsFrom(file: string, stored: Stored, preprocess: Preprocess): Promise<Found> {
  const kind = innerName(file)
  if (kind.endsWith('.npy')) return { labels: await labelsOfArray(await openNpy(file), preprocess), origin: file }
  if (kind.endsWith('.csv')) return { labels: await classesFromCsv(file, stored.samples), origin: file }
  if (kind.endsWith('.json')) return { labels: labelsOfJson(file, stored), origin: file }
  throw new UserError('invalid-data', '', 'no labels that are known', 'give .npy, .csv or .json', file)
}

async function labelsBeside({ samples, labels, folder }: Stored, preprocess: Preprocess): Promise<Found | undefined> {
  if (labels !== undefined) return { labels: await labelsOfArray(labels, preprocess), origin: samples.source }
  if (folder === undefined) return undefined
  const origin = folder.folder
  const csv = join(origin, 'labels.csv')
  if (existsSync(csv)) return { labels: await classesFromCsv(csv, samples), origin: csv }
  const { classFolders, files } = folder
  const classes =
    classFolders === undefined
      ? leadingIndexes(files)
      : files.map((file) =>
          classFolders.findIndex((name) => file.startsWith(`${name}/`) || file.startsWith(`${name}\\`)),
        )
  return classes === undefined ? undefined : { labels: { kind: 'classes', classes: Int32Array.from(classes) }, origin }
}

/** A list of class indexes, or of records with boxes. */
function labelsOfJson(file: string, { samples }: Stored): Labels {
  const value = readJson(file, 'check the path given to --labels')
  if (Array.isArray(value) && value.every((each) => Number.isInteger(each) && each >= 0))
    return { kind: 'classes', classes: Int32Array.from(value as number[]) }
  if (isBoxRecords(value)) return labelsOfBoxes(value as readonly ImageRecord[], samples, file)
  const remedy = 'write a list of class indexes, or of {"image": 0, "boxes": [[x0, y0, x1, y1]]}'
  throw new UserError('invalid-data', '', 'no labels that are known', remedy, file)
}

const labelCount = (labels: Labels): number => {
  switch (labels.kind) {
    case 'classes':
      return labels.classes.length
    case 'masks':
      return labels.masks.length / (labels.height * labels.width)
    case 'boxes':
      return labels.boxes.length
  }
}
