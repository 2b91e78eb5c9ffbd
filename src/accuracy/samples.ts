import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../ir/errors.js'
import type { Model, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf, dtypeOf, typeText } from '../ir/type.js'
import { openNpy } from './files/npy.js'
import { readNpz } from './files/npz.js'
import { innerName } from './files/whole-file.js'

/** Sets of inputs from a file or folder are read up to this many. */
const sampleLimit = 64

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

/** One set of inputs. */
export async function readSample(file: string, model: Model): Promise<Map<string, Tensor>> {
  const inputs = model.graph.inputs.filter((input) => input.tensor === undefined)
  const kind = innerName(file)
  if (kind.endsWith('.npy')) {
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
    return new Map([[only.name, checked(await (await openNpy(file)).whole(), only, file)]])
  }
  if (!kind.endsWith('.npz'))
    throw new UserError('invalid-data', '', 'not an .npy or .npz file', 'save inputs with numpy', file)
  const arrays = await readNpz(file)
  const feeds = new Map<string, Tensor>()
  for (const input of inputs) {
    const array = arrays.get(input.name)
    if (array === undefined) {
      const found = [...arrays.keys()].join(', ')
      throw new UserError(
        'invalid-data',
        input.name,
        `no array of that name; found ${found}`,
        'name arrays like the inputs',
        file,
      )
    }
    feeds.set(input.name, checked(await array.whole(), input, file))
  }
  return feeds
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
