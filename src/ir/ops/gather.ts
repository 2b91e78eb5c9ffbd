import { type Dim, isStatic, unknownDim } from '../dim.js'
import { volume } from '../tensor.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'
import { defineOp } from './define.js'
import { copyElements } from './strided-copy.js'

export const gather = defineOp({
  type: 'Gather',
  signatures: {
    1: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    11: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const data = c.dims(0)
    const indices = c.dims(1)
    if (data === undefined || indices === undefined) return []
    const axis = c.axis(c.int('axis') ?? 0, data.length)
    return [[...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]]
  },
  content: (c) => {
    const content = c.content(0)
    const indices = c.numbers(1)
    if (content === undefined || indices === undefined || c.rank(0) !== 1) return []
    const picked = indices.map((index) => content[index < 0 ? index + content.length : index])
    return picked.every((value) => value !== undefined) ? [picked] : []
  },
  evaluate: (c) => {
    const data = c.constant(0)
    const indices = c.constant(1)
    if (data === undefined || indices === undefined || data.rank === 0) return undefined
    const axis = c.axis(c.int('axis') ?? 0, data.rank)
    const inner = volume(data.dims.slice(axis + 1))
    const size = data.dims[axis]!
    const at = Array.from(indices.numbers(), (index) => (index < 0 ? index + size : index))
    if (at.some((index) => index < 0 || index >= size)) return undefined
    const dims = [...data.dims.slice(0, axis), ...indices.dims, ...data.dims.slice(axis + 1)]
    const positions = () => {
      const list = new Int32Array(volume(dims))
      let next = 0
      for (let outer = 0; outer < volume(data.dims.slice(0, axis)); outer++) {
        for (const index of at) for (let i = 0; i < inner; i++) list[next++] = (outer * size + index) * inner + i
      }
      return list
    }
    const out = copyElements(data, dims, volume(dims), positions)
    return out === undefined ? undefined : [out]
  },
  axes: (c) => {
    const [rank, indexRank] = [c.rank(0), c.rank(1)]
    if (rank === undefined || indexRank === undefined) return null
    const axis = c.axis(c.int('axis') ?? 0, rank)
    const names = axisNames(rank)
    const indices = Array.from({ length: indexRank }, (_, i) => `i${i}`)
    const data = names.map((name, i) => (i === axis ? `${name}!` : name))
    return `${data.join(' ')}, ${indices.join(' ')} -> ${[...names.slice(0, axis), ...indices, ...names.slice(axis + 1)].join(' ')}`
  },
})

export const gatherElements = defineOp({
  type: 'GatherElements',
  signatures: {
    11: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
  },
  traits: ['movement'],
  dims: (c) => [c.dims(1)],
})

export const gatherND = defineOp({
  type: 'GatherND',
  signatures: {
    11: '(data: T, indices: int64) -> (output: T) T: @ir3',
    12: '(data: T, indices: int64) -> (output: T) {batch_dims: int = 0} T: @ir3',
    13: '(data: T, indices: int64) -> (output: T) {batch_dims: int = 0} T: @ir4',
  },
  traits: ['movement'],
  dims: (c) => {
    const data = c.dims(0)
    const indices = c.dims(1)
    const depth = indices?.at(-1)
    if (data === undefined || indices === undefined || depth === undefined || !isStatic(depth)) return []
    const batch = c.int('batch_dims') ?? 0
    return [[...indices.slice(0, -1), ...data.slice(batch + depth)]]
  },
})

export const scatter = defineOp({
  type: 'Scatter',
  signatures: {
    9: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    11: 'deprecated',
  },
  dims: (c) => [c.dims(0)],
})

export const scatterElements = defineOp({
  type: 'ScatterElements',
  signatures: {
    11: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir3; Tind: int32|int64',
    13: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0} T: @ir4; Tind: int32|int64',
    16: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0, reduction: string = "none"} T: @ir4; Tind: int32|int64',
    18: '(data: T, indices: Tind, updates: T) -> (output: T) {axis: int = 0, reduction: string = "none"} T: @ir4; Tind: int32|int64',
  },
  dims: (c) => [c.dims(0)],
})

export const scatterND = defineOp({
  type: 'ScatterND',
  signatures: {
    11: '(data: T, indices: int64, updates: T) -> (output: T) T: @ir3',
    13: '(data: T, indices: int64, updates: T) -> (output: T) T: @ir4',
    16: '(data: T, indices: int64, updates: T) -> (output: T) {reduction: string = "none"} T: @ir4',
    18: '(data: T, indices: int64, updates: T) -> (output: T) {reduction: string = "none"} T: @ir4',
  },
  dims: (c) => [c.dims(0)],
  content: (c) => {
    const content = c.content(0)
    const indices = c.numbers(1)
    const updates = c.content(2)
    const isPlain = c.rank(0) === 1 && c.rank(1) === 2 && (c.text('reduction') ?? 'none') === 'none'
    if (content === undefined || indices === undefined || updates === undefined || !isPlain) return []
    const out = [...content]
    indices.forEach((index, i) => {
      out[index < 0 ? index + out.length : index] = updates[i]!
    })
    return [out]
  },
})

export const tensorScatter = defineOp({
  type: 'TensorScatter',
  signatures: {
    24: '(past_cache: T, update: T, write_indices?: int64) -> (present_cache: T) {axis: int = -2, mode: string = "linear"} T: @ir12',
  },
  dims: (c) => [c.dims(0)],
})

export const oneHot = defineOp({
  type: 'OneHot',
  signatures: {
    9: '(indices: T1, depth: T2, values: T3) -> (output: T3) {axis: int = -1} T1: @numeric3; T2: @numeric3; T3: @ir3',
    11: '(indices: T1, depth: T2, values: T3) -> (output: T3) {axis: int = -1} T1: @numeric3; T2: @numeric3; T3: @ir3',
  },
  dims: (c) => {
    const indices = c.dims(0)
    if (indices === undefined) return []
    const axis = c.axis(c.int('axis') ?? -1, indices.length + 1)
    // The depth may be a float tensor, whose content is not followed.
    const depth: Dim = c.content(1)?.[0] ?? c.constant(1)?.numbers()[0] ?? unknownDim()
    return [[...indices.slice(0, axis), depth, ...indices.slice(axis)]]
  },
})

export const compress = defineOp({
  type: 'Compress',
  signatures: {
    9: '(input: T, condition: T1) -> (output: T) {axis: int} T: @ir3; T1: bool',
    11: '(input: T, condition: T1) -> (output: T) {axis: int} T: @ir3; T1: bool',
  },
  dims: (c) => {
    if (!c.hasAttribute('axis')) return [[unknownDim()]]
    const dims = c.dims(0)
    if (dims === undefined) return []
    const axis = c.axis(c.int('axis')!, dims.length)
    return [dims.map((dim, i) => (i === axis ? unknownDim() : dim))]
  },
})

export const nonZero = defineOp({
  type: 'NonZero',
  signatures: {
    9: '(X: T) -> (Y: int64) T: @ir3',
    13: '(X: T) -> (Y: int64) T: @ir4',
  },
  dims: (c) => {
    const rank = c.rank(0)
    // A scalar counts as a tensor of one element.
    return [[rank === undefined ? unknownDim() : Math.max(rank, 1), unknownDim()]]
  },
})

export const unique = defineOp({
  type: 'Unique',
  signatures: {
    11: '(X: T) -> (Y: T, indices?: int64, inverse_indices?: int64, counts?: int64) {axis: int, sorted: int = 1} T: @ir3',
  },
  dims: (c) => {
    const count = unknownDim()
    const inverse = c.hasAttribute('axis')
      ? [c.dims(0)?.[c.axis(c.int('axis')!, c.rank(0) ?? 1)] ?? unknownDim()]
      : [unknownDim()]
    const dims = c.dims(0)
    if (!c.hasAttribute('axis')) return [[count], [count], [flatSize(c)], [count]]
    const axis = dims === undefined ? 0 : c.axis(c.int('axis')!, dims.length)
    return [dims?.map((dim, i) => (i === axis ? count : dim)), [count], inverse, [count]]
  },
})

export const topK = defineOp({
  type: 'TopK',
  signatures: {
    1: '(X: T) -> (Values: T, Indices: I) {axis: int = -1, k!: int} T: @float3; I: int64',
    10: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1} T: @float3; I: int64',
    11: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1, largest: int = 1, sorted: int = 1} T: @numeric3; I: int64',
    24: '(X: T, K: int64) -> (Values: T, Indices: I) {axis: int = -1, largest: int = 1, sorted: int = 1} T: @numeric4; I: int64',
  },
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return []
    const axis = c.axis(c.int('axis') ?? -1, dims.length)
    const k: Dim = (c.since === 1 ? c.int('k') : c.content(1)?.[0]) ?? unknownDim()
    const out = dims.map((dim, i) => (i === axis ? k : dim))
    return [out, out]
  },
})

export const reverseSequence = defineOp({
  type: 'ReverseSequence',
  signatures: {
    10: '(input: T, sequence_lens: int64) -> (Y: T) {batch_axis: int = 1, time_axis: int = 0} T: @ir3',
  },
  traits: ['movement'],
  dims: (c) => [c.dims(0)],
})

export const trilu = defineOp({
  type: 'Trilu',
  signatures: {
    14: '(input: T, k?: int64) -> (output: T) {upper: int = 1} T: @ir4',
  },
  dims: (c) => [c.dims(0)],
})

export const gatherOps = [
  gather,
  gatherElements,
  gatherND,
  scatter,
  scatterElements,
  scatterND,
  tensorScatter,
  oneHot,
  compress,
  nonZero,
  unique,
  topK,
  reverseSequence,
  trilu,
]

/** Elements of the first input. */
function flatSize(c: OpContext): Dim {
  const dims = c.staticDims(0)
  return dims === undefined ? unknownDim() : volume(dims)
}
