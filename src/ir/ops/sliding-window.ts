import { addDims, ceilDivDims, type Dim, floorDivDims, mulDims, subDims, unknownDim } from '../dim.js'
import { type OpContext, ShapeError } from './context.js'

/** A window that slides over the spatial axes of x [N, C, spatial...]. All lists have one entry per spatial axis. */
export interface SlidingWindow {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Begin and end; undefined when auto_pad makes them depend on a symbolic size. */
  readonly pads: { readonly begin: readonly number[]; readonly end: readonly number[] } | undefined
  readonly autoPad: 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER'
  readonly ceilMode: boolean
}

/** Reads the window of a convolution or pool; `kernel` overrides the attribute. undefined when the kernel is not known. */
export function slidingWindow(c: OpContext, kernel = c.ints('kernel_shape')): SlidingWindow | undefined {
  if (kernel === undefined) return undefined
  const rank = kernel.length
  const ones = new Array<number>(rank).fill(1)
  const strides = c.ints('strides') ?? ones
  const dilations = c.ints('dilations') ?? ones
  const autoPad = (c.text('auto_pad') ?? 'NOTSET') as SlidingWindow['autoPad']
  const ceilMode = c.int('ceil_mode') === 1
  if (strides.length !== rank || dilations.length !== rank)
    throw new ShapeError('strides or dilations do not fit the kernel')
  const window = { kernel, strides, dilations, autoPad, ceilMode }
  if (autoPad === 'NOTSET' || autoPad === undefined) {
    const pads = c.ints('pads') ?? new Array<number>(2 * rank).fill(0)
    if (pads.length !== 2 * rank) throw new ShapeError(`${pads.length} pads for ${rank} spatial axes`)
    return { ...window, pads: { begin: pads.slice(0, rank), end: pads.slice(rank) } }
  }
  if (autoPad === 'VALID') return { ...window, pads: { begin: new Array(rank).fill(0), end: new Array(rank).fill(0) } }
  return { ...window, pads: samePads(c.dims(0)?.slice(2), window) }
}

/** Pads that keep ceil(size / stride) windows; the odd one at the end (SAME_UPPER) or at the beginning (SAME_LOWER). */
function samePads(
  spatial: readonly Dim[] | undefined,
  { kernel, strides, dilations, autoPad }: Omit<SlidingWindow, 'pads'>,
): SlidingWindow['pads'] {
  const begin: number[] = []
  const end: number[] = []
  for (const [i, size] of kernel.entries()) {
    const extent = (size - 1) * dilations[i]! + 1
    const length = spatial?.[i]
    if (typeof length !== 'number') {
      // With stride 1 the padding does not depend on the size.
      if (strides[i] !== 1) return undefined
    }
    const stride = strides[i]!
    const known = typeof length === 'number' ? length : extent
    const windows = Math.ceil(known / stride)
    const total = Math.max((windows - 1) * stride + extent - known, 0)
    const small = Math.floor(total / 2)
    begin.push(autoPad === 'SAME_LOWER' ? total - small : small)
    end.push(autoPad === 'SAME_LOWER' ? small : total - small)
  }
  return { begin, end }
}

/** Number of windows along each spatial axis. Source: ONNX Conv and pooling operators. */
export function windowCounts(spatial: readonly Dim[], window: SlidingWindow): Dim[] {
  return spatial.map((size, i) => {
    const { autoPad, ceilMode, pads } = window
    const stride = window.strides[i]!
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') return ceilDivDims(size, stride)
    const extent = (window.kernel[i]! - 1) * window.dilations[i]! + 1
    const low = pads!.begin[i]!
    const room = subDims(addDims(size, low + pads!.end[i]!), extent)
    if (typeof room === 'number' && room < 0 && typeof size === 'number' && size > 0) {
      if (!ceilMode) throw new ShapeError(`a window of ${extent} does not fit into ${size}`)
    }
    if (!ceilMode) return addDims(floorDivDims(room, stride), 1)
    const count = addDims(ceilDivDims(room, stride), 1)
    // A last window that would start in the end padding is left out.
    if (typeof count === 'number' && typeof size === 'number')
      return (count - 1) * stride >= size + low ? count - 1 : count
    return stride + pads!.end[i]! <= extent ? count : unknownDim()
  })
}

/** Spatial sizes of a transposed convolution: stride (size - 1) + output_padding + extent - pads. */
export function transposedSizes(
  spatial: readonly Dim[],
  window: SlidingWindow,
  outputPadding: readonly number[],
): Dim[] {
  return spatial.map((size, i) => {
    const stride = window.strides[i]!
    if (window.autoPad === 'SAME_UPPER' || window.autoPad === 'SAME_LOWER') return mulDims(size, stride)
    const extent = (window.kernel[i]! - 1) * window.dilations[i]! + 1
    const pads = window.pads === undefined ? 0 : window.pads.begin[i]! + window.pads.end[i]!
    return addDims(mulDims(subDims(size, 1), stride), (outputPadding[i] ?? 0) + extent - pads)
  })
}
