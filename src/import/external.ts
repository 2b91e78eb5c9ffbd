import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, sep, win32 } from 'node:path'
import { quoted, UserError } from '../ir/errors.js'
import type { ByteSource } from '../ir/tensor.js'
import type { StringStringEntryProto } from '../onnx/messages.js'

/** One file that holds tensors, and who takes what of it. */
interface ExternalFile {
  readonly path: string
  readonly size: number
  /** Slices by offset. */
  readonly slices: Map<number, Slice>
}

interface Slice {
  readonly offset: number
  readonly length: number
  readonly place: string
}

const keys = new Set(['location', 'offset', 'length', 'checksum', 'basepath'])

/**
 * The files beside a model that hold its large tensors. A model may come from anywhere, so nothing outside its folder is
 * ever opened: no absolute or climbing paths, no links, only regular files of one name. Source: ONNX external data rules.
 */
export class ExternalFiles {
  readonly #folder: string | undefined
  readonly #warnings: string[]
  readonly #files = new Map<string, ExternalFile>()
  readonly #unknownKeys = new Set<string>()
  #realFolder: string | undefined

  constructor(folder: string | undefined, warnings: string[]) {
    this.#folder = folder
    this.#warnings = warnings
  }

  get isUsed(): boolean {
    return this.#files.size > 0
  }

  /** Checks one tensor's entries; gives its bytes, to be read on demand. `byteLength` is what dtype and dims need. */
  source(entries: readonly StringStringEntryProto[], byteLength: number, place: string): ByteSource {
    const values = this.#entries(entries, place)
    const location = values.get('location')
    if (location === undefined || location === '') throw fault(place, 'has no location', 'add the key "location"')
    let file = this.#files.get(location)
    if (file === undefined) this.#files.set(location, (file = this.#open(location, place)))
    const offset = parseCount(values.get('offset') ?? '0', 'offset', place)
    const length = parseCount(values.get('length') ?? String(byteLength), 'length', place)
    const size = BigInt(file.size)
    if (offset > size || offset + length > size) {
      const what = `takes bytes ${offset} to ${offset + length} of ${quoted(location)}, which has ${size}`
      throw fault(place, what, 'the data file is cut off or belongs to another model: fetch both again')
    }
    if (length !== BigInt(byteLength)) {
      const what = `is ${byteLength} bytes by type and dims, its slice of ${quoted(location)} ${length}`
      throw fault(place, what, 'correct dims or length')
    }
    const slice = { offset: Number(offset), length: byteLength, place }
    if (byteLength > 0) claimSlice(file, slice)
    return new FileSlice(file.path, slice.offset, byteLength, place)
  }

  /** Slices must be apart or the same: a partial overlap is an attack or an error of the writer. */
  checkOverlaps(): void {
    for (const [location, { slices }] of this.#files) {
      let previous: Slice | undefined
      for (const slice of [...slices.values()].sort((a, b) => a.offset - b.offset)) {
        if (previous !== undefined && slice.offset < previous.offset + previous.length) {
          const what = `overlaps ${previous.place} in ${quoted(location)}`
          throw fault(slice.place, what, 'give every tensor bytes of its own, or exactly the same bytes')
        }
        previous = slice
      }
    }
  }

  #entries(entries: readonly StringStringEntryProto[], place: string): Map<string, string> {
    const values = new Map<string, string>()
    for (const { key, value } of entries) {
      const name = key ?? ''
      if (!keys.has(name)) this.#noteUnknown(name, place)
      else if (values.has(name)) throw fault(place, `has two entries ${quoted(name)}`, 'keep one')
      else values.set(name, value ?? '')
    }
    return values
  }

  /** Every unknown key once: all tensors of a file tend to have the same. */
  #noteUnknown(key: string, place: string): void {
    if (this.#unknownKeys.has(key)) return
    this.#unknownKeys.add(key)
    this.#warnings.push(`${place}: unknown key ${quoted(key)} of external data`)
  }

  #open(location: string, place: string): ExternalFile {
    const path = this.#resolve(location, place)
    const at = quoted(location)
    let stat: ReturnType<typeof lstatSync>
    try {
      stat = lstatSync(path)
    } catch {
      throw fault(place, `lies in ${at}, which cannot be read`, 'put the data file beside the model')
    }
    if (stat.isSymbolicLink()) throw fault(place, `lies in ${at}, a link`, 'put the file itself beside the model')
    if (!stat.isFile()) throw fault(place, `lies in ${at}, which is no file`, 'put the data file beside the model')
    if (stat.nlink > 1) throw fault(place, `lies in ${at}, a file with several hard links`, 'make a copy of the file')
    const parent = realpathSync(dirname(path))
    if (parent !== this.#realFolder && !parent.startsWith(withSeparator(this.#realFolder!))) {
      throw fault(place, `lies in ${at}, outside the model's folder`, 'put the file itself beside the model')
    }
    return { path, size: stat.size, slices: new Map() }
  }

  #resolve(location: string, place: string): string {
    if (this.#folder === undefined) {
      throw fault(place, `lies in ${quoted(location)}, and the model has no folder`, 'read the model from its file')
    }
    if (location.includes('\0')) throw fault(place, 'has a location with a zero byte', 'correct the location')
    if (isAbsolute(location) || win32.isAbsolute(location) || /^[A-Za-z]:/.test(location)) {
      throw fault(place, `has the absolute location ${quoted(location)}`, 'make it relative to the model')
    }
    const relative = normalize(location)
    if (relative.split(/[/\\]/).includes('..')) {
      throw fault(place, `has the location ${quoted(location)}, outside the model's folder`, 'move the file in there')
    }
    this.#realFolder ??= realpathSync(this.#folder)
    return join(this.#folder, relative)
  }
}

function claimSlice(file: ExternalFile, slice: Slice): void {
  const same = file.slices.get(slice.offset)
  if (same !== undefined && same.length !== slice.length) {
    const remedy = 'give every tensor bytes of its own, or exactly the same bytes'
    throw fault(slice.place, `overlaps ${same.place} in its data file`, remedy)
  }
  if (same === undefined) file.slices.set(slice.offset, slice)
}

function parseCount(text: string, what: string, place: string): bigint {
  if (!/^\d{1,30}$/.test(text)) {
    throw fault(place, `has the ${what} ${quoted(text)}, not a decimal count of bytes`, `correct the ${what}`)
  }
  return BigInt(text)
}

const withSeparator = (folder: string) => (folder.endsWith(sep) ? folder : folder + sep)

const fault = (place: string, what: string, remedy: string) => new UserError('external-data', place, what, remedy)

/** At most this many bytes go through one read call. */
const readSize = 1 << 30

/** A slice of a file, read when asked for and not kept. */
class FileSlice implements ByteSource {
  readonly byteLength: number
  readonly file: { readonly path: string; readonly offset: number }
  readonly #place: string

  constructor(path: string, offset: number, byteLength: number, place: string) {
    this.byteLength = byteLength
    this.file = { path, offset }
    this.#place = place
  }

  read(): Uint8Array {
    const bytes = new Uint8Array(this.byteLength)
    // The file was no link when the model was read; it must not have become one.
    const handle = openSync(this.file.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
    try {
      if (!fstatSync(handle).isFile()) throw new Error('not a regular file')
      for (let at = 0; at < bytes.length; ) {
        const count = readSync(handle, bytes, at, Math.min(readSize, bytes.length - at), this.file.offset + at)
        if (count === 0) throw fault(this.#place, 'lost the end of its data file', 'leave the file alone meanwhile')
        at += count
      }
    } finally {
      closeSync(handle)
    }
    return bytes
  }
}

/** The folder of a model file, as external data sees it; undefined when it is no folder. */
export function folderOf(file: string): string | undefined {
  const folder = dirname(file)
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? folder : undefined
}
