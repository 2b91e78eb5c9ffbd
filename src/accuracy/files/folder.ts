import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../../ir/errors.js'
import { isAudioFile } from './audio-file.js'
import { isImageFile } from './image-file.js'
import { innerName } from './whole-file.js'

export type FileKind = 'image' | 'audio' | 'array'

/** The samples of a folder: its own files, or those of its class folders. */
export interface SampleFolder {
  readonly folder: string
  readonly kind: FileKind
  /** Paths below the folder, in the order of the samples. */
  readonly files: readonly string[]
  /** Class folders in the order of their indexes; undefined: the files lie in the folder itself. */
  readonly classFolders?: readonly string[]
}

const kinds: readonly (readonly [FileKind, (name: string) => boolean])[] = [
  ['image', isImageFile],
  ['audio', isAudioFile],
  ['array', (name) => /\.np[yz]$/.test(innerName(name))],
]

const kindOf = (name: string): FileKind | undefined => kinds.find(([, is]) => is(name))?.[0]

/**
 * Lists a folder; hidden files and files of other kinds are passed over. Throws UserError `invalid-data` for a folder with
 * nothing in it, with samples of several kinds, with files beside class folders, or with an empty class folder.
 */
export async function listFolder(folder: string): Promise<SampleFolder> {
  const { files, folders } = await entriesOf(folder)
  const inFolders: string[] = []
  const classFolders: string[] = []
  for (const name of folders) {
    const inside = (await entriesOf(join(folder, name))).files.map((file) => join(name, file))
    classFolders.push(name)
    inFolders.push(...inside)
  }
  if (files.length > 0 && inFolders.length > 0) {
    const what = `both files (${files[0]}) and class folders (${classFolders[0]})`
    throw new UserError('invalid-data', '', what, 'move the files into a class folder', folder)
  }
  const all = files.length > 0 ? files : inFolders
  const [first] = all
  if (first === undefined) {
    const remedy = 'give a folder of images, .wav, .npy or .npz files, or of class folders of them'
    throw new UserError('invalid-data', '', 'no samples in the folder', remedy, folder)
  }
  const empty = classFolders.find((name) => !inFolders.some((file) => dirname(file) === name))
  if (files.length === 0 && empty !== undefined) {
    const what = `class folder ${empty} has no samples`
    throw new UserError('invalid-data', '', what, 'move it away: the order of the folders gives the classes', folder)
  }
  const kind = kindOf(first)!
  const stranger = all.find((file) => kindOf(file) !== kind)
  if (stranger !== undefined) {
    const what = `both ${first} and ${stranger}`
    throw new UserError('invalid-data', '', what, 'keep samples of one kind in one folder', folder)
  }
  return { folder, kind, files: all, ...(files.length === 0 && { classFolders }) }
}

async function entriesOf(folder: string): Promise<{ readonly files: string[]; readonly folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path', folder)
  })
  const shown = entries.filter(({ name }) => !name.startsWith('.'))
  return {
    files: shown
      .filter((entry) => !entry.isDirectory() && kindOf(entry.name) !== undefined)
      .map(({ name }) => name)
      .sort(),
    folders: shown
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
  }
}

/** The number before `_` that every file's name begins with; undefined: some have none. */
export function leadingIndexes(files: readonly string[]): number[] | undefined {
  const indexes = files.map((file) => /^(\d+)_/.exec(basename(file))?.[1])
  return indexes.every((index) => index !== undefined) ? indexes.map(Number) : undefined
}
