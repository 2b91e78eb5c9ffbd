import { addDims, type Dim, floorDivDims, isStatic, mulDims, subDims, unknownDim } from '../dim.js'
import type { Tensor } from '../tensor.js'
import { axisNames, broadcastDims, expandAxes, expandSizes } from './broadcast.js'
import { concatenate } from './concatenate.js'
import { type OpContext, ShapeError } from './context.js'
import { defineOp } from './define.js'
import { padAxes, padSizes } from './pad-axes.js'
import { sliceContent, slicedAxes, slicedDims, sliceSizes, sliceTensor } from './slice-shape.js'
import { expandTensor } from './strided-copy.js'

export const concat = defineOp({
  type: 'Concat',
  signatures: {
    1: '(...inputs: T) -> (concat_result: T) {axis: int} T: @float3',
    4: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir3',
    11: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir3',
    13: '(...inputs: T) -> (concat_result: T) {axis!: int} T: @ir4',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const shapes = c.node.inputs.map((_, i) => c.dims(i))
    const known = shapes.find((dims) => dims !== undefined)
    if (known === undefined) return []
    const axis = c.axis(c.int('axis') ?? 1, known.length)
    if (shapes.some((dims) => dims !== undefined && dims.length !== known.length))
      throw new ShapeError('operands differ in rank')
    const out = known.map((_, i): Dim => {
      if (i === axis) return shapes.reduce<Dim>((sum, dims) => addDims(sum, dims?.[i] ?? unknownDim()), 0)
      const sizes = shapes.flatMap((dims) => (dims === undefined ? [] : [dims[i]!]))
      return sizes.find(isStatic) ?? sizes[0]!
    })
    return [out]
  },
  content: (c) => {
    const parts = c.node.inputs.map((_, i) => (c.rank(i) === 1 ? c.content(i) : undefined))
    return parts.every((part) => part !== undefined) ? [parts.flat()] : []
  },
  evaluate: (c) => {
    const tensors = c.node.inputs.map((_, i) => c.constant(i))
    if (tensors.some((tensor) => tensor === undefined)) return undefined
    const joined = concatenate(tensors as Tensor[], c.int('axis') ?? 1)
    return joined === undefined ? undefined : [joined]
  },
  axes: (c) => {
    const rank = c.rank(0)
    if (rank === undefined) return null
    const axis = c.axis(c.int('axis') ?? 1, rank)
    const names = axisNames(rank)
    const parts = c.node.inputs.map((_, i) => `p${i}`)
    const list = (at: string) => names.map((name, i) => (i === axis ? at : name)).join(' ')
    return `${parts.map(list).join(', ')} -> ${list(`(${parts.join('+')})`)}`
  },
})

export const split = defineOp({
  type: 'Split',
  signatures: {
    1: '(input: T, split?: T) -> (...outputs...: T) {axis: int, split: ints} T: @float3',
    2: '(input: T) -> (...outputs: T) {axis: int = 0, split: ints} T: @ir3',
    11: '(input: T) -> (...outputs: T) {axis: int = 0, split: ints} T: @ir3',
    13: '(input: T, split?: int64) -> (...outputs: T) {axis: int = 0} T: @ir4',
    18: '(input: T, split?: int64) -> (...outputs: T) {axis: int = 0, num_outputs: int} T: @ir4',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return []
    const axis = c.axis(c.int('axis') ?? 0, dims.length)
    const sizes = splitSizes(c, dims[axis]!)
    return sizes.map((size) => dims.map((dim, i) => (i === axis ? size : dim)))
  },
  content: (c) => {
    const content = c.content(0)
    const dims = c.dims(0)
    if (content === undefined || dims?.length !== 1) return []
    let start = 0
    const parts: (readonly Dim[])[] = []
    for (const size of splitSizes(c, dims[0]!)) {
      if (!isStatic(size)) return []
      parts.push(content.slice(start, (start += size)))
    }
    return parts
  },
  axes: (c) => {
    const rank = c.rank(0)
    if (rank === undefined) return null
    const axis = c.axis(c.int('axis') ?? 0, rank)
    const names = axisNames(rank)
    const parts = c.node.outputs.map((_, i) => `p${i}`)
    const list = (at: string) => names.map((name, i) => (i === axis ? at : name)).join(' ')
    const others = c.node.inputs.slice(1).map(() => '_')
    return `${[list(`(${parts.join('+')})`), ...others].join(', ')} -> ${parts.map(list).join(', ')}`
  },
  sizes: (c) => {
    const at = c.since >= 13 ? { input: 1 } : { attribute: 'split' }
    return [{ at, words: c.node.outputs.map((_, i) => `p${i}`), replaces: 'num_outputs' }]
  },
})

export const slice = defineOp({
  type: 'Slice',
  signatures: {
    1: '(data: T) -> (output: T) {axes: ints, ends!: ints, starts!: ints} T: @ir3',
    10: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir3; Tind: int32|int64',
    11: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir3; Tind: int32|int64',
    13: '(data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind) -> (output: T) T: @ir4; Tind: int32|int64',
  },
  traits: ['movement', 'linear'],
  dims: (c) => [slicedDims(c)],
  content: (c) => [sliceContent(c)],
  evaluate: (c) => {
    const out = sliceTensor(c)
    return out === undefined ? undefined : [out]
  },
  axes: slicedAxes,
  sizes: sliceSizes,
})

export const pad = defineOp({
  type: 'Pad',
  signatures: {
    1: '(data: T) -> (output: T) {mode: string = "constant", paddings!: ints, value: float = 0.0} T: @float3',
    2: '(data: T) -> (output: T) {mode: string = "constant", pads!: ints, value: float = 0.0} T: @float3',
    11: '(data: T, pads: int64, constant_value?: T) -> (output: T) {mode: string = "constant"} T: @numeric3',
    13: '(data: T, pads: int64, constant_value?: T) -> (output: T) {mode: string = "constant"} T: @ir4',
    18: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir4; Tind: int32|int64',
    19: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir4; Tind: int32|int64',
    21: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir10; Tind: int32|int64',
    23: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir11; Tind: int32|int64',
    24: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir12; Tind: int32|int64',
    25: '(data: T, pads: int64, constant_value?: T, axes?: Tind) -> (output: T) {mode: string = "constant"} T: @ir13; Tind: int32|int64',
  },
  traits: ['linear'],
  dims: (c) => {
    const dims = c.dims(0)
    const pads = c.since >= 11 ? c.content(1) : (c.ints('pads') ?? c.ints('paddings'))
    if (dims === undefined || pads === undefined) return [dims?.map(() => unknownDim())]
    let axes = dims.map((_, i) => i)
    if (c.hasInput(3)) {
      const given = c.numbers(3)
      if (given === undefined) return [dims.map(() => unknownDim())]
      axes = given.map((axis) => c.axis(axis, dims.length))
    }
    if (pads.length !== 2 * axes.length) throw new ShapeError(`${pads.length} pads for ${axes.length} axes`)
    const out = [...dims]
    axes.forEach((axis, i) => {
      out[axis] = addDims(addDims(out[axis]!, pads[i]!), pads[i + axes.length]!)
    })
    return [out]
  },
  axes: padAxes,
  sizes: padSizes,
})

export const expand = defineOp({
  type: 'Expand',
  signatures: {
    8: '(input: T, shape: int64) -> (output: T) T: @ir3',
    13: '(input: T, shape: int64) -> (output: T) T: @ir4',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const target = c.content(1)
    if (target !== undefined) return [broadcastDims(c.dims(0), target)]
    const rank = c.length(1)
    const own = c.rank(0)
    if (rank === undefined || own === undefined) return []
    return [Array.from({ length: Math.max(rank, own) }, () => unknownDim())]
  },
  content: (c) => {
    const content = c.content(0)
    const dims = c.outputDims(0)
    return content?.length === 1 && dims?.length === 1 && isStatic(dims[0]!) && dims[0] <= 64
      ? [Array.from({ length: dims[0] }, () => content[0]!)]
      : []
  },
  evaluate: (c) => {
    const tensor = c.constant(0)
    const dims = c.outputDims(0)
    if (tensor === undefined || dims === undefined || !dims.every(isStatic)) return undefined
    const out = expandTensor(tensor, dims as number[])
    return out === undefined ? undefined : [out]
  },
  axes: expandAxes,
  sizes: expandSizes,
})

export const tile = defineOp({
  type: 'Tile',
  signatures: {
    1: '(input: T, tiles: T, axis: T) -> (output: T) T: @float3; T1: int64',
    6: '(input: T, repeats: T1) -> (output: T) T: @ir3; T1: int64',
    13: '(input: T, repeats: T1) -> (output: T) T: @ir4; T1: int64',
  },
  traits: ['movement', 'linear'],
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return []
    if (c.since < 6) return [dims.map(() => unknownDim())]
    const repeats = c.content(1)
    return [dims.map((dim, i) => (repeats?.[i] === undefined ? unknownDim() : mulDims(dim, repeats[i])))]
  },
  axes: (c) => {
    const dims = c.dims(0)
    if (dims === undefined || c.since < 6) return null
    const names = axisNames(dims.length)
    return `${names.join(' ')}, _ -> ${names.map((name) => `(r${name} ${name})`).join(' ')}`
  },
  sizes: (c) => [{ at: { input: 1 }, words: axisNames(c.rank(0) ?? 0).map((name) => `r${name}`) }],
})

export const centerCropPad = defineOp({
  type: 'CenterCropPad',
  signatures: {
    18: '(input_data: T, shape: Tind) -> (output_data: T) {axes: ints} T: @ir4; Tind: int32|int64',
  },
  traits: ['movement'],
  dims: (c) => {
    const dims = c.dims(0)
    if (dims === undefined) return []
    const target = c.content(1)
    const axes = (c.ints('axes') ?? dims.map((_, i) => i)).map((axis) => c.axis(axis, dims.length))
    return [dims.map((dim, i) => (axes.includes(i) ? (target?.[axes.indexOf(i)] ?? unknownDim()) : dim))]
  },
})

export const joiningOps = [concat, split, slice, pad, expand, tile, centerCropPad]

/** Sizes of the parts: given, or equal ones with a smaller last. Source: ONNX Split, opsets 1 to 18. */
function splitSizes(c: OpContext, size: Dim): Dim[] {
  const given = c.ints('split') ?? (c.hasInput(1) ? c.content(1) : null)
  const count = c.outputCount
  if (given === undefined) return Array.from({ length: count }, () => unknownDim())
  if (given !== null && given.length > 0) return given.slice(0, count) as Dim[]
  const parts = c.int('num_outputs') ?? count
  if (isStatic(size)) {
    const part = Math.ceil(size / parts)
    return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - part * i)))
  }
  if (c.hasAttribute('num_outputs')) {
    const part = floorDivDims(addDims(size, parts - 1), parts)
    return Array.from({ length: count }, (_, i) => (i < parts - 1 ? part : subDims(size, mulDims(part, parts - 1))))
  }
  // Before num_outputs the parts must be equal.
  return Array.from({ length: count }, () => floorDivDims(size, parts))
}
