import { type Dim, isStatic, unknownDim } from '../dim.js'
import type { Tensor } from '../tensor.js'
import type { OpContext } from './context.js'
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
