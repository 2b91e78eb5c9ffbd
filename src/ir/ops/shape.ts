import { type Dim, productOfDims, unknownDim } from '../dim.js'
import type { Tensor } from '../tensor.js'
import type { ValueType } from '../type.js'
import { axisNames, sameAxes } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'
import { defineOp } from './define.js'
import { elementsRead } from './elements-read.js'
import { reshapeAxes, reshapeDims, reshapeSizes } from './reshape-shape.js'
import { permuteTensor } from './strided-copy.js'

export const shape = defineOp({
  type: 'Shape',
  signatures: {
    1: '(data: T) -> (shape: T1) T: @ir3; T1: int64',
    13: '(data: T) -> (shape: T1) T: @ir4; T1: int64',
    15: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir4; T1: int64',
    19: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir9; T1: int64',
    21: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir10; T1: int64',
    23: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir11; T1: int64',
    24: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir12; T1: int64',
    25: '(data: T) -> (shape: T1) {end: int, start: int = 0} T: @ir13; T1: int64',
  },
  dims: (c) => {
    const range = shapeRange(c)
    return [range === undefined ? [unknownDim()] : [range.end - range.start]]
  },
  content: (c) => {
    const range = shapeRange(c)
    return range === undefined ? [] : [c.dims(0)!.slice(range.start, range.end)]
  },
  // A size that somebody reads may end up anywhere: such an axis stays as it is.
  axes: (c) => {
    const range = shapeRange(c)
    const output = c.node.outputs[0]
    if (range === undefined || output === undefined) return null
    const read = elementsRead(output, range.end - range.start)
    const names = axisNames(c.rank(0)!).map((name, i) => (read.has(i - range.start) ? `${name}!` : name))
    return `${names.join(' ')} -> s`
  },
})

export const size = defineOp({
  type: 'Size',
  signatures: {
    1: '(data: T) -> (size: T1) T: @ir3; T1: int64',
    13: '(data: T) -> (size: T1) T: @ir4; T1: int64',
    19: '(data: T) -> (size: T1) T: @ir9; T1: int64',
    21: '(data: T) -> (size: T1) T: @ir10; T1: int64',
    23: '(data: T) -> (size: T1) T: @ir11; T1: int64',
    24: '(data: T) -> (size: T1) T: @ir12; T1: int64',
    25: '(data: T) -> (size: T1) T: @ir13; T1: int64',
  },
  dims: () => [[]],
  content: (c) => {
    const dims = c.dims(0)
    return dims === undefined ? [] : [[productOfDims(dims)]]
  },
})

export const reshape = defineOp({
  type: 'Reshape',
  signatures: {
    1: '(data: T) -> (reshaped: T) {consumed_inputs: ints, shape: ints} T: @float3',
    5: '(data: T, shape: int64) -> (reshaped: T) T: @ir3',
    13: '(data: T, shape: int64) -> (reshaped: T) T: @ir4',
    14: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir4',
    19: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir9',
    21: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir10',
    23: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir11',
    24: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir12',
    25: '(data: T, shape: int64) -> (reshaped: T) {allowzero: int = 0} T: @ir13',
  },
  traits: ['movement', 'view', 'linear'],
  dims: (c) => [reshapeDims(c)],
  content: (c) => [c.content(0)],
  evaluate: reshaped,
  axes: reshapeAxes,
  sizes: reshapeSizes,
})

export const flatten = defineOp({
  type: 'Flatten',
  signatures: {
    1: '(input: T) -> (output: T) {axis: int = 1} T: @float3',
    9: '(input: T) -> (output: T) {axis: int = 1} T: @ir3',
    11: '(input: T) -> (output: T) {axis: int = 1} T: @ir3',
    13: '(input: T) -> (output: T) {axis: int = 1} T: @ir4',
    21: '(input: T) -> (output: T) {axis: int = 1} T: @ir10',
    23: '(input: T) -> (output: T) {axis: int = 1} T: @ir11',
    24: '(input: T) -> (output: T) {axis: int = 1} T: @ir12',
    25: '(input: T) -> (output: T) {axis: int = 1} T: @ir13',
  },
  traits: ['movement', 'view', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return [[unknownDim(), unknownDim()]]
    const given = c.int('axis') ?? 1
    const axis = given < 0 ? given + dims.length : given
    if (axis < 0 || axis > dims.length) throw new ShapeError(`axis ${given} is out of range for rank ${dims.length}`)
    return [[productOfDims(dims.slice(0, axis)), productOfDims(dims.slice(axis))]]
  },
  content: (c) => [c.content(0)],
  evaluate: reshaped,
  axes: reshapeAxes,
})

export const squeeze = defineOp({
  type: 'Squeeze',
  signatures: {
    1: '(data: T) -> (squeezed: T) {axes: ints} T: @ir3',
    11: '(data: T) -> (squeezed: T) {axes: ints} T: @ir3',
    13: '(data: T, axes?: int64) -> (squeezed: T) T: @ir4',
    21: '(data: T, axes?: int64) -> (squeezed: T) T: @ir10',
    23: '(data: T, axes?: int64) -> (squeezed: T) T: @ir11',
    24: '(data: T, axes?: int64) -> (squeezed: T) T: @ir12',
    25: '(data: T, axes?: int64) -> (squeezed: T) T: @ir13',
  },
  traits: ['movement', 'view', 'linear'],
  dims: (c) => [squeezedDims(c)],
  content: (c) => [c.content(0)],
  evaluate: reshaped,
  axes: reshapeAxes,
})

export const unsqueeze = defineOp({
  type: 'Unsqueeze',
  signatures: {
    1: '(data: T) -> (expanded: T) {axes!: ints} T: @ir3',
    11: '(data: T) -> (expanded: T) {axes!: ints} T: @ir3',
    13: '(data: T, axes: int64) -> (expanded: T) T: @ir4',
    21: '(data: T, axes: int64) -> (expanded: T) T: @ir10',
    23: '(data: T, axes: int64) -> (expanded: T) T: @ir11',
    24: '(data: T, axes: int64) -> (expanded: T) T: @ir12',
    25: '(data: T, axes: int64) -> (expanded: T) T: @ir13',
  },
  traits: ['movement', 'view', 'linear'],
  dims: (c) => [unsqueezedDims(c)],
  content: (c) => [c.content(0)],
  evaluate: reshaped,
  axes: reshapeAxes,
})

export const identity = defineOp({
  type: 'Identity',
  signatures: {
    1: '(input: T) -> (output: T) T: @ir3',
    13: '(input: T) -> (output: T) T: @ir4',
    14: '(input: V) -> (output: V) V: @ir4|seq(@ir3)',
    16: '(input: V) -> (output: V) V: @ir4|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    19: '(input: V) -> (output: V) V: @ir9|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    21: '(input: V) -> (output: V) V: @ir10|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    23: '(input: V) -> (output: V) V: @ir11|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    24: '(input: V) -> (output: V) V: @ir12|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
    25: '(input: V) -> (output: V) V: @ir13|seq(@ir3)|optional(seq(@ir3))|optional(@ir3)',
  },
  traits: ['movement', 'view', 'linear'],
  types: (c): (ValueType | undefined)[] => [c.type(0)],
  content: (c) => [c.content(0)],
  evaluate: (c) => {
    const tensor = c.constant(0)
    return tensor === undefined ? undefined : [tensor]
  },
  axes: sameAxes,
})

export const transpose = defineOp({
  type: 'Transpose',
  signatures: {
    1: '(data: T) -> (transposed: T) {perm: ints} T: @ir3',
    13: '(data: T) -> (transposed: T) {perm: ints} T: @ir4',
    21: '(data: T) -> (transposed: T) {perm: ints} T: @ir10',
    23: '(data: T) -> (transposed: T) {perm: ints} T: @ir11',
    24: '(data: T) -> (transposed: T) {perm: ints} T: @ir12',
    25: '(data: T) -> (transposed: T) {perm: ints} T: @ir13',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    const perm = c.ints('perm')
    if (dims === undefined) return [perm?.map(() => unknownDim())]
    if (perm !== undefined && perm.length !== dims.length)
      throw new ShapeError(`perm [${perm}] does not fit rank ${dims.length}`)
    return [dims.map((_, i) => dims[perm === undefined ? dims.length - 1 - i : c.axis(perm[i]!, dims.length)]!)]
  },
  content: (c) => ((c.rank(0) ?? 2) < 2 ? [c.content(0)] : []),
  evaluate: (c) => {
    const tensor = c.constant(0)
    if (tensor === undefined) return undefined
    const out = permuteTensor(tensor, c.ints('perm') ?? tensor.dims.map((_, i) => tensor.rank - 1 - i))
    return out === undefined ? undefined : [out]
  },
  axes: (c) => {
    const rank = c.rank(0)
    if (rank === undefined) return null
    const names = axisNames(rank)
    const perm = c.ints('perm') ?? names.map((_, i) => rank - 1 - i)
    return `${names.join(' ')} -> ${perm.map((axis) => names[axis]).join(' ')}`
  },
})

export const shapeOps = [shape, size, reshape, flatten, squeeze, unsqueeze, identity, transpose]

/** Which dims Shape gives: start and end (opset 15) count from the back when negative and are clamped. */
function shapeRange(c: OpContext): { readonly start: number; readonly end: number } | undefined {
  const rank = c.rank(0)
  if (rank === undefined) return undefined
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + rank : at, 0), rank)
  const start = clamp(c.int('start') ?? 0)
  return { start, end: Math.max(start, clamp(c.int('end') ?? rank)) }
}

/** Constant views: the same bytes under the inferred dims. */
function reshaped(c: OpContext): readonly Tensor[] | undefined {
  const tensor = c.constant(0)
  const dims = c.outputDims(0)
  if (tensor === undefined || dims === undefined || !dims.every((dim) => typeof dim === 'number')) return undefined
  return [tensor.reshaped(dims as number[])]
}

function squeezedDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  const axes = c.ints('axes') ?? (c.hasInput(1) ? c.numbers(1) : null)
  if (axes === undefined || dims === undefined) return undefined
  if (axes !== null) {
    const dropped = axes.map((axis) => c.axis(axis, dims.length))
    return dims.filter((_, i) => !dropped.includes(i))
  }
  // Without axes every 1 goes: a symbolic size might be one.
  return dims.every((dim) => typeof dim === 'number') ? dims.filter((dim) => dim !== 1) : undefined
}

function unsqueezedDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  const axes = c.ints('axes') ?? c.numbers(1)
  if (dims === undefined || axes === undefined) return undefined
  const rank = dims.length + axes.length
  const added = new Set(axes.map((axis) => c.axis(axis, rank)))
  let next = 0
  return Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (dims[next++] ?? unknownDim())))
}
