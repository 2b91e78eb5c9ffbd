import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DType } from '../ir/dtype.js'
import { UserError } from '../ir/errors.js'
import type { Model, Value } from '../ir/graph.js'
import { Tensor, type TypedArray } from '../ir/tensor.js'
import { dimsOf, dtypeOf, typeText } from '../ir/type.js'

/** Sets of inputs from a file or folder are read up to this many. */
const sampleLimit = 64

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

/**
 * Inputs of the user for a model: an `.npy` for a model with one input, an `.npz` with one array per input (by name), or a
 * folder of such files, each one set of inputs. Throws UserError `invalid-data` that names file, input and what it expects.
 */
export async function readSamples(path: string, model: Model): Promise<Map<string, Tensor>[]> {
  const info = await stat(path).catch((error: Error) => {
    throw new UserError('not-found', '', error.message, 'check the path given to --data', path)
  })
  if (!info.isDirectory()) return [await readSample(path, model)]
  const names = (await readdir(path)).filter((name) => /\.np[yz]$/.test(name)).sort()
  if (names.length === 0)
    throw new UserError('invalid-data', '', 'no .npy or .npz file in the folder', 'save inputs with numpy.save', path)
  return Promise.all(names.slice(0, sampleLimit).map((name) => readSample(join(path, name), model)))
}

async function readSample(file: string, model: Model): Promise<Map<string, Tensor>> {
  const inputs = model.graph.inputs.filter((input) => input.tensor === undefined)
  const bytes = await readFile(file)
  if (file.endsWith('.npy')) {
    const [only] = inputs
    if (only === undefined || inputs.length > 1) {
      const names = inputs.map(({ name }) => name).join(', ')
      throw new UserError(
        'invalid-data',
        '',
        'one array for a model with several inputs',
        `save an .npz with ${names}`,
        file,
      )
    }
    return new Map([[only.name, checked(await parseArray(bytes, file), only, file)]])
  }
  if (!file.endsWith('.npz'))
    throw new UserError('invalid-data', '', 'not an .npy or .npz file', 'save inputs with numpy', file)
  const { unzipSync } = await import('fflate')
  let entries: Map<string, Uint8Array>
  try {
    entries = new Map(Object.entries(unzipSync(bytes)))
  } catch (error) {
    throw new UserError(
      'invalid-data',
      '',
      `not a zip archive: ${(error as Error).message}`,
      'save it with numpy.savez',
      file,
    )
  }
  const feeds = new Map<string, Tensor>()
  for (const input of inputs) {
    const entry = entries.get(`${input.name}.npy`)
    if (entry === undefined) {
      const found = [...entries.keys()].map((name) => name.replace(/\.npy$/, '')).join(', ')
      throw new UserError(
        'invalid-data',
        input.name,
        `no array of that name; found ${found}`,
        'name arrays like the inputs',
        file,
      )
    }
    feeds.set(input.name, checked(await parseArray(entry, file), input, file))
  }
  return feeds
}

async function parseArray(bytes: Uint8Array, file: string): Promise<Tensor> {
  const { parse } = await import('npyjs')
  try {
    const buffer = Uint8Array.from(bytes).buffer
    const { data, shape, dtype, fortranOrder } = parse(buffer, { convertFloat16: false })
    const known = dtypes.get(dtype)
    if (known === undefined) throw new Error(`dtype ${dtype} has no ONNX counterpart`)
    if (fortranOrder && shape.length > 1) throw new Error('the array is in Fortran order')
    return Tensor.fromArray(known, shape, data as TypedArray)
  } catch (error) {
    throw new UserError('invalid-data', '', (error as Error).message, 'save it with numpy.save in C order', file)
  }
}

/** The array must be what the input declares. */
function checked(tensor: Tensor, input: Value, file: string): Tensor {
  const dims = dimsOf(input.type)
  const fits =
    tensor.dtype === (dtypeOf(input.type) ?? tensor.dtype) &&
    (dims === undefined ||
      (dims.length === tensor.rank && dims.every((dim, i) => typeof dim !== 'number' || dim === tensor.dims[i])))
  if (fits) return tensor
  const found = `${tensor.dtype}[${tensor.dims.join(', ')}]`
  throw new UserError(
    'invalid-data',
    input.name,
    `${found} for an input ${typeText(input.type)}`,
    'convert the array',
    file,
  )
}
