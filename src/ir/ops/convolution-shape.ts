import { type Dim, isStatic, mulDims, productOfDims, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'
import type { AxisSizes } from './define.js'
import { slidingWindow, transposedSizes, windowCounts } from './sliding-window.js'

/** Spatial sizes of the kernel: from the weight [M, C/group, k...], else the attribute. */
function kernelOf(c: OpContext, weight: number): number[] | undefined {
  const spatial = c.dims(weight)?.slice(2)
  return spatial?.every(isStatic) ? (spatial as number[]) : c.ints('kernel_shape')
}

/** x [N, C, spatial...], w [M, C/group, k...] -> [N, M, windows...]. Source: ONNX Conv, opsets 1 to 22. */
export function convolutionDims(c: OpContext, x: number, w: number): readonly Dim[] | undefined {
  const data = c.dims(x)
  const weight = c.dims(w)
  const rank = data?.length ?? weight?.length
  if (rank === undefined) return undefined
  if (data !== undefined && weight !== undefined && data.length !== weight.length) {
    throw new ShapeError(`x has rank ${data.length}, w has rank ${weight.length}`)
  }
  const [channels, perGroup] = [data?.[1], weight?.[1]]
  if (isStatic(channels ?? unknownDim()) && isStatic(perGroup ?? unknownDim())) {
    if ((perGroup as number) * (c.int('group') ?? 1) !== channels)
      throw new ShapeError(`w takes ${perGroup} channels a group, x has ${channels}`)
  }
  const window = slidingWindow(c, kernelOf(c, w))
  const spatial = data?.slice(2)
  const open = Array.from({ length: rank - 2 }, () => unknownDim())
  const sizes = window === undefined || spatial === undefined ? open : windowCounts(spatial, window)
  return [data?.[0] ?? unknownDim(), weight?.[0] ?? unknownDim(), ...sizes]
}

/** One multiplication per output element, tap and input channel of the group. */
export function convolutionMacs(c: OpContext, w: number): Dim | undefined {
  const weight = c.dims(w)
  const out = c.outputDims(0)
  if (weight === undefined || out === undefined) return undefined
  return mulDims(productOfDims(out), productOfDims(weight.slice(1)))
}

/**
 * Dense: `n c h w, o c i j, o -> n o y x`; depthwise: `n c h w, (c m) 1 i j, (c m) -> n (c m) y x`; grouped by g. `w` is the
 * slot of the weight.
 */
export function convolutionAxes(c: OpContext, w = 1): ConvolutionAxes | undefined {
  const rank = c.rank(0)
  const [outChannels, perGroup] = c.dims(w) ?? []
  if (rank === undefined || rank < 3 || outChannels === undefined || perGroup === undefined) return undefined
  const group = c.int('group') ?? 1
  const spatial = axisNames(rank - 2, 7)
  const taps = spatial.map((_, i) => `k${i}!`).join(' ')
  const before = spatial.map((name) => `${name}!`).join(' ')
  const after = spatial.map((name) => `${name}o`).join(' ')
  const isDepthwise = group > 1 && perGroup === 1
  // With one output per input channel a depthwise axis is the channel itself.
  const out = group === 1 ? 'o' : isDepthwise ? (outChannels === group ? 'c' : '(c m)') : '(g o)'
  const within = isDepthwise ? '1' : 'c'
  return {
    x: `n ${group === 1 || isDepthwise ? 'c' : '(g c)'} ${before}`,
    w: `${out} ${within} ${taps}`,
    y: `n ${out} ${after}`,
    out,
    group: group === 1 ? undefined : isDepthwise ? 'c' : 'g',
  }
}

/** Axes of a convolution's operands; `out` is the output channels, `group` the axis that attribute `group` counts. */
export interface ConvolutionAxes {
  readonly x: string
  readonly w: string
  readonly y: string
  readonly out: string
  readonly group: string | undefined
}

/** `x, w, bias -> y` of a convolution in the usual order of inputs. */
export function convolutionWords(c: OpContext): string | null {
  const axes = convolutionAxes(c)
  if (axes === undefined) return null
  return `${axes.x}, ${axes.w}${c.hasInput(2) ? `, ${axes.out}` : ''} -> ${axes.y}`
}

/** The number of groups is a size where it counts groups or channels. */
export function groupSizes(axis: string | undefined): readonly AxisSizes[] {
  return axis === undefined ? [] : [{ at: { attribute: 'group' }, words: [axis] }]
}

/** x [N, C, spatial...], w [C, M/group, k...] -> [N, M, ...]. Source: ONNX ConvTranspose, opsets 1 to 22. */
export function transposedConvolutionDims(c: OpContext): readonly Dim[] | undefined {
  const data = c.dims(0)
  const weight = c.dims(1)
  const rank = data?.length ?? weight?.length
  if (rank === undefined) return undefined
  const channels = weight === undefined ? unknownDim() : mulDims(weight[1]!, c.int('group') ?? 1)
  const given = c.ints('output_shape')
  if (given !== undefined) return [data?.[0] ?? unknownDim(), channels, ...given.slice(-(rank - 2))]
  const window = slidingWindow(c, kernelOf(c, 1))
  const spatial = data?.slice(2)
  const open = Array.from({ length: rank - 2 }, () => unknownDim())
  const sizes =
    window === undefined || spatial === undefined
      ? open
      : transposedSizes(spatial, window, c.ints('output_padding') ?? [])
  return [data?.[0] ?? unknownDim(), channels, ...sizes]
}
