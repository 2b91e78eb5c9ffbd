import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { decodeAudio, isAudioFile } from './files/audio-file.js'
import { type FileKind, listFolder, type SampleFolder } from './files/folder.js'
import { decodeImage, imageSize, isImageFile } from './files/image-file.js'
import { openNpy, type StoredArray } from './files/npy.js'
import { readNpz } from './files/npz.js'
import { innerName } from './files/whole-file.js'
import { channelPlace } from './input/image.js'
import { inputArrays, separateLabels } from './named-arrays.js'
import { readSample } from './samples.js'
import type { StoredSamples } from './stored-samples.js'

/** Samples, and the labels that came with them. */
export interface Stored {
  readonly samples: StoredSamples
  /** Labels that lie in the same archive. */
  readonly labels?: StoredArray
  /** The folder, where it was one: its names may be labels. */
  readonly folder?: SampleFolder
}

/**
 * Opens what `--data` names: `.npy`, `.npz` (also `.gz`), an image, a `.wav`, or a folder of such files or of class folders.
 * Throws UserError `not-found` or `invalid-data`.
 */
export async function openStored(path: string, model: Model): Promise<Stored> {
  const info = await stat(path).catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path given to --data', path)
  })
  if (info.isDirectory()) {
    const folder = await listFolder(path)
    return { samples: filesOf(folder, model), folder }
  }
  const kind = innerName(path)
  if (kind.endsWith('.npy')) return { samples: rowsOf(await openNpy(path), path) }
  if (kind.endsWith('.npz')) return openArchive(path, model)
  const fileKind: FileKind | undefined = isImageFile(path) ? 'image' : isAudioFile(path) ? 'audio' : undefined
  if (fileKind !== undefined) {
    const folder: SampleFolder = { folder: dirname(path), kind: fileKind, files: [basename(path)] }
    return { samples: { ...filesOf(folder, model), source: path } }
  }
  const remedy = 'give .npy, .npz, an image, a .wav, or a folder of them'
  throw new UserError('invalid-data', '', 'no data set that is known', remedy, path)
}

async function openArchive(path: string, model: Model): Promise<Stored> {
  const { arrays, labels } = separateLabels(await readNpz(path), model, path)
  const [only] = arrays.values()
  const samples = arrays.size === 1 ? rowsOf(only!, path) : inputArrays(arrays, model, path)
  return { samples, ...(labels !== undefined && { labels }) }
}

/** An array whose axis 0 counts samples. */
function rowsOf(array: StoredArray, source: string): StoredSamples {
  const [count] = array.dims
  if (count === undefined || count === 0) {
    const what = `an array [${array.dims}] without samples`
    throw new UserError('invalid-data', '', what, 'axis 0 counts the samples', source)
  }
  const place = channelPlace(array.dims.slice(1))
  const [height, width] = array.dims.slice(place === 'first' ? 2 : 1)
  return {
    source,
    kind: 'array',
    count,
    nameOf: (sample) => `[${sample}]`,
    read: (samples) => array.rows(samples),
    ...(place !== undefined && { imageSizes: async () => new Array(count).fill({ height, width }) }),
  }
}

/** Each file is a sample. */
function filesOf({ folder, kind, files }: SampleFolder, model: Model): StoredSamples {
  const paths = files.map((file) => join(folder, file))
  const head = { source: folder, count: files.length, nameOf: (sample: number) => files[sample]! }
  const each = <Content>(decode: (file: string) => Promise<Content>) => ({
    read: (samples: readonly number[]) => Promise.all(samples.map((sample) => decode(paths[sample]!))),
  })
  switch (kind) {
    case 'image':
      return { ...head, kind, ...each(decodeImage), imageSizes: () => Promise.all(paths.map(imageSize)) }
    case 'audio':
      return { ...head, kind, ...each(decodeAudio) }
    case 'array':
      return { ...head, kind: 'inputs', ...each((file) => readSample(file, model)) }
  }
}
