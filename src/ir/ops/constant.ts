import { tensorOfConstantNode } from '../constant.js'
import { type Dim, isStatic, unknownDim } from '../dim.js'
import { dtypeOfNumber, isInteger } from '../dtype.js'
import { Tensor, volume } from '../tensor.js'
import { axisNames } from './broadcast.js'
import { contentOfTensor, type OpContext } from './context.js'
import { defineOp } from './define.js'
import { evaluationLimit, expandTensor } from './strided-copy.js'

export const constant = defineOp({
  type: 'Constant',
  signatures: {
    1: '() -> (output: T) {value!: tensor} T: @float3',
    9: '() -> (output: T) {value!: tensor} T: @ir3',
    11: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor} T: @ir3',
    12: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir3',
    13: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir4',
    19: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir9',
    21: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir10',
    23: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir11',
    24: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir12',
    25: '() -> (output: T) {sparse_value: sparse_tensor, value: tensor, value_float: float, value_floats: floats, value_int: int, value_ints: ints, value_string: string, value_strings: strings} T: @ir13',
  },
  dims: (c) => [constantTensor(c)?.dims],
  dtypes: (c) => [constantTensor(c)?.dtype],
  content: (c) => {
    const tensor = constantTensor(c)
    return tensor === undefined ? [] : [contentOfTensor(tensor)]
  },
})

export const constantOfShape = defineOp({
  type: 'ConstantOfShape',
  signatures: {
    9: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric3|bool',
    20: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|bool',
    21: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool',
    23: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1',
    24: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1|float8e8m0',
    25: '(input: T1) -> (output: T2) {value: tensor} T1: int64; T2: @numeric4|@float8|uint4|int4|bool|float4e2m1|float8e8m0|uint2|int2',
  },
  // Every element is the same: an axis is as long as its shape says.
  axes: (c) => {
    const rank = c.outputDims(0)?.length
    return rank === undefined ? null : `_ -> ${axisNames(rank).join(' ')}`
  },
  sizes: (c) => [{ at: { input: 0 }, words: axisNames(c.outputDims(0)?.length ?? 0) }],
  dims: (c) => {
    const target = c.content(0)
    if (target !== undefined) return [target]
    const rank = c.length(0)
    return [rank === undefined ? undefined : Array.from({ length: rank }, () => unknownDim())]
  },
  dtypes: (c) => [c.tensor('value')?.dtype ?? 'float32'],
  content: (c) => {
    const fill = filler(c)
    const dims = c.outputDims(0) ?? c.content(0)
    if (!isInteger(fill.dtype) || dims?.length !== 1 || !isStatic(dims[0]!) || dims[0] > 64) return []
    const [value] = contentOfTensor(fill) ?? []
    return value === undefined ? [] : [new Array<Dim>(dims[0]).fill(value)]
  },
  evaluate: (c) => {
    const dims = c.numbers(0)
    if (dims === undefined || volume(dims) > evaluationLimit) return undefined
    const out = expandTensor(filler(c).reshaped([]), dims)
    return out === undefined ? undefined : [out]
  },
})

export const eyeLike = defineOp({
  type: 'EyeLike',
  signatures: {
    9: '(input: T1) -> (output: T2) {dtype: int, k: int = 0} T1: @numeric3|bool; T2: @numeric3|bool',
    22: '(input: T1) -> (output: T2) {dtype: int, k: int = 0} T1: @numeric4|bool; T2: @numeric4|bool',
  },
  dims: (c) => [c.dims(0)],
  dtypes: (c) => [c.int('dtype') === undefined ? c.dtype(0) : dtypeOfNumber(c.int('dtype')!)],
})

export const range = defineOp({
  type: 'Range',
  signatures: {
    11: '(start: T, limit: T, delta: T) -> (output: T) T: float|double|int16|int32|int64',
    27: '(start: T, limit: T, delta: T) -> (output: T) {stash_type: int = 1} T: @float4|int16|int32|int64',
  },
  dims: (c) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => c.constant(i)?.numbers()[0] ?? soleNumber(c.content(i)))
    if (start !== undefined && limit !== undefined && delta !== undefined && delta !== 0) {
      return [[Math.max(0, Math.ceil((limit - start) / delta))]]
    }
    // Counting a symbolic size from 0 by 1.
    const count = c.content(1)?.[0]
    return [[start === 0 && delta === 1 && count !== undefined ? count : unknownDim()]]
  },
  content: (c) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => soleNumber(c.content(i)))
    if (start === undefined || limit === undefined || delta === undefined || delta === 0) return []
    const count = Math.max(0, Math.ceil((limit - start) / delta))
    return count > 1024 ? [] : [Array.from({ length: count }, (_, i) => start + i * delta)]
  },
})

export const constantOps = [constant, constantOfShape, eyeLike, range]

function constantTensor(c: OpContext): Tensor | undefined {
  // Attributes of a Constant in a function body may be the caller's.
  for (const [name, attribute] of c.node.attributes) {
    if (attribute.kind !== 'reference') continue
    const given = c.attribute(name)
    if (given?.kind === 'tensor') return given.value
    if (given?.kind === 'int') return Tensor.int64([given.value], [])
    if (given?.kind === 'ints') return Tensor.int64(given.value)
    if (given?.kind === 'float') return Tensor.float32([given.value], [])
    return given?.kind === 'floats' ? Tensor.float32(given.value) : undefined
  }
  return tensorOfConstantNode(c.node)
}

/** One float32 zero unless the attribute says otherwise. */
const filler = (c: OpContext): Tensor => c.tensor('value') ?? Tensor.float32([0])

const soleNumber = (content: readonly Dim[] | undefined): number | undefined =>
  content?.length === 1 && isStatic(content[0]!) ? content[0] : undefined
