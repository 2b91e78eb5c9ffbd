import { open, stat } from 'node:fs/promises'
import { byteSize, type DType } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { isGzip, readWhole } from './whole-file.js'

/** An array of a NumPy file. Rows are its slices along axis 0; of a plain file only those that are asked for are read. */
export interface StoredArray {
  readonly file: string
  readonly dtype: DType
  readonly dims: readonly number[]
  /** Those rows, without axis 0. */
  rows(indices: readonly number[]): Promise<Tensor[]>
  /** `count` rows from `first` on, with axis 0. */
  rowBlock(first: number, count: number): Promise<Tensor>
  whole(): Promise<Tensor>
}

interface Layout {
  readonly dtype: DType
  readonly dims: readonly number[]
  /** Where the content begins. */
  readonly offset: number
}

/** Type strings of NumPy without their byte order. Source: numpy.lib.format. */
const dtypes = new Map<string, DType>([
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['f2', 'float16'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
  ['b1', 'bool'],
])

/** Headers are short; one that claims more is no header. */
const headerLimit = 1 << 16

/** Opens an `.npy`, read by slices, or an `.npy.gz`, inflated once. Throws UserError `not-found` or `invalid-data`. */
export async function openNpy(file: string): Promise<StoredArray> {
  if (isGzip(file)) return parseNpy(await readWhole(file), file)
  const { size } = await stat(file).catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path', file)
  })
  const [head] = await readSlices(file, [[0, Math.min(size, headerLimit)]])
  const layout = readHeader(head!, size, file)
  return stored(file, layout, (slices) => readSlices(file, slices))
}

/** The same for content that is in memory. `file` is for messages. */
export function parseNpy(bytes: Uint8Array, file: string): StoredArray {
  const layout = readHeader(bytes.subarray(0, headerLimit), bytes.byteLength, file)
  return stored(file, layout, async (slices) => slices.map(([from, length]) => bytes.subarray(from, from + length)))
}

type Slice = readonly [offset: number, byteLength: number]

function stored(file: string, layout: Layout, read: (slices: readonly Slice[]) => Promise<Uint8Array[]>): StoredArray {
  const { dtype, dims, offset } = layout
  const rowDims = dims.slice(1)
  const rowBytes = byteSize(dtype, volume(rowDims))
  return {
    file,
    dtype,
    dims,
    async rows(indices) {
      const found = await read(indices.map((row) => [offset + row * rowBytes, rowBytes] as const))
      return found.map((bytes) => Tensor.fromBytes(dtype, rowDims, bytes))
    },
    async rowBlock(first, count) {
      const [bytes] = await read([[offset + first * rowBytes, count * rowBytes]])
      return Tensor.fromBytes(dtype, [count, ...rowDims], bytes!)
    },
    async whole() {
      const [bytes] = await read([[offset, byteSize(dtype, volume(dims))]])
      return Tensor.fromBytes(dtype, dims, bytes!)
    },
  }
}

/** Opened for each call: a data set has no end at which somebody would close it. */
async function readSlices(file: string, slices: readonly Slice[]): Promise<Uint8Array[]> {
  const handle = await open(file, 'r').catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path', file)
  })
  try {
    const found: Uint8Array[] = []
    for (const [offset, length] of slices) {
      const bytes = new Uint8Array(length)
      const { bytesRead } = await handle.read(bytes, 0, length, offset)
      if (bytesRead !== length) throw bad('the file ends early', 'save it again', file)
      found.push(bytes)
    }
    return found
  } finally {
    await handle.close()
  }
}

/** Format: `\x93NUMPY`, version (2 bytes), header length (uint16, from version 2 on uint32), a Python dictionary. */
function readHeader(head: Uint8Array, size: number, file: string): Layout {
  const remedy = 'save it with numpy.save in C order'
  const view = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (view.length < 12 || view.toString('latin1', 0, 6) !== '\x93NUMPY') throw bad('not an .npy file', remedy, file)
  const start = view[6] === 1 ? 10 : 12
  const offset = start + (view[6] === 1 ? view.readUInt16LE(8) : view.readUInt32LE(8))
  const text = view.toString('latin1', start, offset)
  const descr = /'descr'\s*:\s*'([<>|=])?(\w+)'/.exec(text)
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)
  if (descr === null || shape === null || offset > view.length) throw bad('its header is not understood', remedy, file)
  const dims = shape[1]!
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => Number.parseInt(part, 10))
  const dtype = dtypes.get(descr[2]!)
  if (dtype === undefined) throw bad(`dtype ${descr[2]} has no ONNX counterpart`, remedy, file)
  if (descr[1] === '>' && !/1$/.test(descr[2]!)) throw bad('its numbers are big-endian', remedy, file)
  if (/'fortran_order'\s*:\s*True/.test(text) && dims.length > 1) throw bad('it is in Fortran order', remedy, file)
  const needed = offset + byteSize(dtype, volume(dims))
  if (needed > size) throw bad(`[${dims}] needs ${needed} bytes, the file has ${size}`, 'save it again', file)
  return { dtype, dims, offset }
}

const bad = (what: string, remedy: string, file: string) => new UserError('invalid-data', '', what, remedy, file)
