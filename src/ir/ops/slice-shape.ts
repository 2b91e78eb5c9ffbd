import { type Dim, dimsEqual, isStatic, unknownDim } from '../dim.js'
import type { Tensor } from '../tensor.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'
import type { AxisSizes } from './define.js'
import { rowMajorStrides, stridedCopy } from './strided-copy.js'

interface Range {
  readonly start: Dim
  readonly end: Dim
  readonly step: number
}

/** Bounds at least this large stand for the end of the axis. */
const toTheEnd = 2 ** 31 - 1

/** Ranges by axis; undefined when axes or steps are computed. Bounds may be symbolic. Source: ONNX Slice, opsets 1 to 13. */
function rangesOf(c: OpContext, rank: number): Map<number, Range | undefined> | undefined {
  const hasInputs = c.since >= 10
  const starts = hasInputs ? c.content(1) : c.ints('starts')
  const ends = hasInputs ? c.content(2) : c.ints('ends')
  const given = hasInputs ? (c.hasInput(3) ? c.numbers(3) : null) : (c.ints('axes') ?? null)
  const count = starts?.length ?? ends?.length ?? c.length(1)
  if (given === undefined || count === undefined) return undefined
  const axes = given ?? Array.from({ length: count }, (_, i) => i)
  const steps = hasInputs && c.hasInput(4) ? c.numbers(4) : axes.map(() => 1)
  const ranges = new Map<number, Range | undefined>()
  axes.forEach((axis, i) => {
    const [start, end, step] = [starts?.[i], ends?.[i], steps?.[i]]
    const isKnownRange = start !== undefined && end !== undefined && step !== undefined && step !== 0
    ranges.set(c.axis(axis, rank), isKnownRange ? { start, end, step } : undefined)
  })
  return ranges
}

export function slicedDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  if (dims === undefined) return undefined
  const ranges = rangesOf(c, dims.length)
  if (ranges === undefined) return dims.map(() => unknownDim())
  return dims.map((dim, axis) => {
    if (!ranges.has(axis)) return dim
    const range = ranges.get(axis)
    return range === undefined ? unknownDim() : slicedSize(dim, range)
  })
}

function slicedSize(size: Dim, { start, end, step }: Range): Dim {
  if (isStatic(size) && isStatic(start) && isStatic(end)) return clampedRange(size, start, end, step).count
  if (step !== 1) return unknownDim()
  // Symbolic sizes: only what holds whatever the size is.
  if (isStatic(start) && isStatic(end)) return start === 0 && end >= toTheEnd ? size : unknownDim()
  if (start === 0 && !isStatic(end) && !isStatic(size)) return end.key === size.key ? size : unknownDim()
  return unknownDim()
}

/** Start and number of elements of a range over a known size. */
function clampedRange(
  size: number,
  start: number,
  end: number,
  step: number,
): { readonly from: number; readonly count: number } {
  const low = step > 0 ? 0 : -1
  const high = step > 0 ? size : size - 1
  const clamp = (at: number, least: number, most: number) => Math.min(Math.max(at < 0 ? at + size : at, least), most)
  const from = clamp(start, 0, high)
  const to = clamp(end, low, size)
  return { from, count: Math.max(0, Math.ceil((to - from) / step)) }
}

/** Element values of a slice of a list. */
export function sliceContent(c: OpContext): readonly Dim[] | undefined {
  const content = c.content(0)
  const dims = c.dims(0)
  if (content === undefined || dims?.length !== 1) return undefined
  const range = rangesOf(c, 1)?.get(0)
  if (range === undefined || !isStatic(range.start) || !isStatic(range.end)) return undefined
  const { from, count } = clampedRange(content.length, range.start, range.end, range.step)
  return Array.from({ length: count }, (_, i) => content[from + i * range.step]!)
}

export function sliceTensor(c: OpContext): Tensor | undefined {
  const tensor = c.constant(0)
  if (tensor === undefined) return undefined
  const ranges = rangesOf(c, tensor.rank)
  if (ranges === undefined) return undefined
  const own = rowMajorStrides(tensor.dims)
  const dims = [...tensor.dims]
  const strides = [...own]
  let offset = 0
  for (const [axis, range] of ranges) {
    if (range === undefined || !isStatic(range.start) || !isStatic(range.end)) return undefined
    const { from, count } = clampedRange(tensor.dims[axis]!, range.start, range.end, range.step)
    offset += from * own[axis]!
    dims[axis] = count
    strides[axis] = own[axis]! * range.step
  }
  return stridedCopy(tensor, dims, strides, offset)
}

/** Axes that are cut to a range of known bounds, step 1: where it begins and how long it is. */
function cutRanges(
  c: OpContext,
): Map<number, { readonly from: number; readonly count: number } | undefined> | undefined {
  const dims = c.dims(0)
  const ranges = dims === undefined ? undefined : rangesOf(c, dims.length)
  if (dims === undefined || ranges === undefined) return undefined
  const cut = new Map<number, { readonly from: number; readonly count: number } | undefined>()
  // Bounds that are computed cannot be written anew, though they may be known.
  const isConstant = c.since < 10 || (c.constant(1) !== undefined && c.constant(2) !== undefined)
  for (const [axis, range] of ranges) {
    const size = dims[axis]!
    const isKnown = isConstant && range?.step === 1 && isStatic(range.start) && isStatic(range.end) && isStatic(size)
    cut.set(
      axis,
      isKnown ? clampedRange(size as number, range.start as number, range.end as number, range.step) : undefined,
    )
  }
  return cut
}

/** `a (lb+b+rb) -> a b`: what lies left and right of the range is left out. Other steps and open bounds address positions. */
export function slicedAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  const cut = cutRanges(c)
  const out = c.outputDims(0)
  if (rank === undefined || cut === undefined || out === undefined) return null
  const names = axisNames(rank)
  const before = names.map((name, i) => {
    const range = cut.get(i)
    if (range !== undefined) return `(l${name}:${range.from}+${name}+r${name})`
    // A symbolic size that stays is a slice of everything, in order.
    const [size, left] = [c.dims(0)![i]!, out[i]!]
    return !cut.has(i) || (!isStatic(size) && dimsEqual(size, left)) ? name : `${name}!`
  })
  const after = names.map((name, i) => (before[i] === `${name}!` ? `${name}o` : name))
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[before.join(' '), ...others].join(', ')} -> ${after.join(' ')}`
}

/** Bounds of the ranges that `slicedAxes` understands; those to the end of an axis follow by themselves. */
export function sliceSizes(c: OpContext): readonly AxisSizes[] {
  const [dims, cut] = [c.dims(0), cutRanges(c)]
  if (dims === undefined || cut === undefined) return []
  const names = axisNames(dims.length)
  const hasInputs = c.since >= 10
  const [starts, ends] = hasInputs ? [c.content(1), c.content(2)] : [c.ints('starts'), c.ints('ends')]
  const axes = [...cut]
  const first = axes.map(([axis, range], i) =>
    range === undefined || starts?.[i] === 0 ? undefined : `l${names[axis]}`,
  )
  const last = axes.map(([axis, range], i) => {
    const end = ends?.[i]
    const isOpen = end !== undefined && isStatic(end) && end >= toTheEnd
    return range === undefined || isOpen ? undefined : `(l${names[axis]}+${names[axis]})`
  })
  return [
    { at: hasInputs ? { input: 1 } : { attribute: 'starts' }, words: first },
    { at: hasInputs ? { input: 2 } : { attribute: 'ends' }, words: last },
  ]
}
