import { constantOf } from '../ir/constant.js'
import { bindDim, type Dim, symbolsOf } from '../ir/dim.js'
import { type DType, isFloat, isInteger } from '../ir/dtype.js'
import type { Model, Value } from '../ir/graph.js'
import { numberToFloat16, Tensor, type TypedArray, volume } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import { SeededRandom } from './random.js'

export interface FeedPlan {
  readonly seed: number
  /** 0, 1, 2...: other sizes and ranges each time, for models that refuse the first inputs. */
  readonly attempt: number
  /** Sizes for symbolic dims. */
  readonly symbols?: ReadonlyMap<string, number>
}

/** Sizes that unbound dims are tried with, attempt by attempt. */
const sizesTried = [1, 2, 8, 16, 32, 64, 100, 224, 512]

/** How many attempts differ from each other. */
export const attemptCount = sizesTried.length * 2

/** Values beyond this are neither generated nor fed. */
const elementLimit = 1 << 24

/**
 * Inputs for every graph input without a default, by what the graph says of them: dtype, dims, values it compares them
 * with, ranges they index. undefined with a reason where none can be made.
 */
export function generateFeeds(model: Model, plan: FeedPlan): Map<string, Tensor> | { readonly reason: string } {
  const random = new SeededRandom(plan.seed * 1009 + plan.attempt)
  const size = sizesTried[plan.attempt % sizesTried.length]!
  const symbols = new Map<string, Dim>(plan.symbols ?? [])
  const feeds = new Map<string, Tensor>()
  for (const input of model.graph.inputs) {
    if (input.tensor !== undefined) continue
    const { type } = input
    if (type?.kind !== 'tensor')
      return { reason: `input "${input.name}" is no tensor: onnxruntime-node cannot feed it` }
    const dims = (dimsOf(type) ?? []).map((dim) => concrete(dim, symbols, size))
    if (volume(dims) > elementLimit) return { reason: `input "${input.name}" [${dims}] is too large to generate` }
    const tensor = randomTensor(type.dtype, dims, rangeOf(input, plan), random)
    if (tensor === undefined)
      return { reason: `input "${input.name}" is ${type.dtype}: onnxruntime-node cannot feed it` }
    feeds.set(input.name, tensor)
  }
  return feeds
}

function concrete(dim: Dim, symbols: Map<string, Dim>, fallback: number): number {
  if (typeof dim === 'number') return dim
  for (const name of symbolsOf(dim)) {
    // A batch stays small whatever is tried for the other sizes.
    if (!symbols.has(name))
      symbols.set(name, /^(n|b|bs|batch.*|.*batch|.*batch_size)$/i.test(name) ? Math.min(fallback, 2) : fallback)
  }
  const bound = bindDim(dim, symbols)
  return typeof bound === 'number' ? Math.max(bound, 0) : fallback
}

/** What an input's values should look like. */
type Range =
  | { readonly kind: 'choice'; readonly values: readonly number[] }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }

function rangeOf(input: Value, { attempt }: FeedPlan): Range {
  const dtype = input.type?.kind === 'tensor' ? input.type.dtype : 'float32'
  if (dtype === 'bool') return { kind: 'choice', values: attempt % 2 === 0 ? [1] : [0, 1] }
  const compared = comparedWith(input)
  if (compared.length > 0) return { kind: 'choice', values: [compared[attempt % compared.length]!] }
  const limit = indexLimit(input)
  if (limit !== undefined) return { kind: 'uniform', low: 0, high: Math.max(0, limit - 1) }
  if (isFloat(dtype))
    return attempt < sizesTried.length ? { kind: 'uniform', low: -1, high: 1 } : { kind: 'uniform', low: 0, high: 4 }
  // Trip counts, lengths, axes, sizes: whatever an integer is, a small one is least likely to hurt.
  if (dtype === 'uint8' && attempt === 0) return { kind: 'uniform', low: 0, high: 255 }
  if (dtype === 'int8' && attempt === 0) return { kind: 'uniform', low: -128, high: 127 }
  return attempt < sizesTried.length ? { kind: 'uniform', low: 1, high: 3 } : { kind: 'uniform', low: 0, high: 1 }
}

/** Constants that the graph compares the input with, or with what a view or cast makes of it: the values it expects. */
function comparedWith(input: Value): number[] {
  const values = new Set<number>()
  for (const value of withAliases(input)) {
    for (const user of value.users.keys()) {
      if (!user.is('Equal')) continue
      for (const other of user.inputs) {
        const constant = other === value ? undefined : constantOf(other)
        if (constant !== undefined && constant.size === 1 && constant.dtype !== 'string')
          values.add(constant.numbers()[0]!)
      }
    }
  }
  return [...values].sort((a, b) => b - a)
}

/** The smallest axis that the input indexes through Gather; its values must be below it. */
function indexLimit(input: Value): number | undefined {
  let limit: number | undefined
  for (const value of withAliases(input)) {
    for (const user of value.users.keys()) {
      const indexes = user.inputs[1] === value && (user.is('Gather') || user.is('GatherElements'))
      const dims = indexes ? dimsOf(user.inputs[0]?.type ?? undefined) : undefined
      const table = indexes ? constantOf(user.inputs[0])?.dims : undefined
      const sizes = table ?? dims
      const axis = user.int('axis', 0)
      const size = sizes?.[axis < 0 ? axis + sizes.length : axis]
      if (typeof size === 'number') limit = Math.min(limit ?? size, size)
    }
  }
  return limit
}

/** The value and what Cast, Identity and views make of it, subgraphs included. */
function withAliases(input: Value): Value[] {
  const aliases = [input]
  for (const value of aliases) {
    for (const user of value.users.keys()) {
      const isAlias = ['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'].some((type) => user.is(type))
      const output = user.outputs[0]
      if (isAlias && user.inputs[0] === value && output !== undefined && aliases.length < 64) aliases.push(output)
    }
  }
  return aliases
}

function randomTensor(dtype: DType, dims: readonly number[], range: Range, random: SeededRandom): Tensor | undefined {
  const count = volume(dims)
  const draw = (): number => {
    if (range.kind === 'choice') return range.values[random.integer(0, range.values.length - 1)]!
    if (isInteger(dtype)) return random.integer(range.low, range.high)
    return range.low + random.uniform() * (range.high - range.low)
  }
  if (dtype === 'string') {
    const words = Array.from({ length: count }, () => Buffer.from(`word${random.integer(0, 9)}`))
    return Tensor.fromStrings(dims, () => words)
  }
  const make = arrays.get(dtype)
  return make === undefined ? undefined : Tensor.fromArray(dtype, dims, make(count, draw))
}

/** Fills arrays of the dtypes that the JavaScript API takes. */
const arrays = new Map<DType, (count: number, draw: () => number) => TypedArray>([
  ['float32', (count, draw) => Float32Array.from({ length: count }, draw)],
  ['float64', (count, draw) => Float64Array.from({ length: count }, draw)],
  ['float16', (count, draw) => Uint16Array.from({ length: count }, () => numberToFloat16(draw()))],
  ['int8', (count, draw) => Int8Array.from({ length: count }, draw)],
  ['int16', (count, draw) => Int16Array.from({ length: count }, draw)],
  ['int32', (count, draw) => Int32Array.from({ length: count }, draw)],
  ['int64', (count, draw) => BigInt64Array.from({ length: count }, () => BigInt(Math.trunc(draw())))],
  ['uint8', (count, draw) => Uint8Array.from({ length: count }, draw)],
  ['uint16', (count, draw) => Uint16Array.from({ length: count }, draw)],
  ['uint32', (count, draw) => Uint32Array.from({ length: count }, draw)],
  ['uint64', (count, draw) => BigUint64Array.from({ length: count }, () => BigInt(Math.trunc(draw())))],
  ['bool', (count, draw) => Uint8Array.from({ length: count }, draw)],
])
