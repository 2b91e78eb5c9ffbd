// Inputs of the public models: sizes and ranges from INDEX.json beside them, where there is one.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { numberToFloat16, Tensor } from '../dist/ir/tensor.js'
import { SeededRandom } from '../dist/runtime/random.js'

const dtypes = { float: 'float32', double: 'float64' }
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
}

/** Models of a folder that onnxruntime runs: `{ file, path, feeds, symbols }`. */
export function modelsWithInputs(folder) {
  const index = join(folder, 'INDEX.json')
  if (!existsSync(index)) throw new Error(`${folder} has no INDEX.json`)
  return JSON.parse(readFileSync(index, 'utf8'))
    .filter(({ runsInOnnxruntime }) => runsInOnnxruntime)
    .map((entry) => ({ file: entry.file, path: join(folder, entry.file), ...inputsOf(entry) }))
}

function inputsOf(entry) {
  const random = new SeededRandom(1)
  const feeds = new Map()
  const shapes = []
  for (const { name, dtype, shape: declared } of entry.inputs) {
    const given = entry.feeds?.[name] ?? entry.feeds?.['*'] ?? {}
    const dims = given.shape ?? declared.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 1))
    const count = dims.reduce((all, dim) => all * dim, 1)
    const { lo = -1, hi = 1, value } = given
    const draw = (i) => (Array.isArray(value) ? value[i] : (value ?? lo + random.uniform() * (hi - lo)))
    const type = dtypes[dtype] ?? dtype
    shapes.push([name, dims])
    if (type === 'string') {
      feeds.set(
        name,
        Tensor.fromStrings(dims, () => Array.from({ length: count }, () => Buffer.from('word'))),
      )
      continue
    }
    const convert = type === 'int64' ? (x) => BigInt(Math.trunc(x)) : type === 'float16' ? numberToFloat16 : (x) => x
    feeds.set(
      name,
      Tensor.fromArray(
        type,
        dims,
        arrays[type].from({ length: count }, (_, i) => convert(draw(i))),
      ),
    )
  }
  return { feeds, shapes }
}
