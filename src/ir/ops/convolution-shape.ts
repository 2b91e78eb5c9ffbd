import { type Dim, isStatic, mulDims, productOfDims, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'
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

/** Dense: `n c h w, o c i j, o -> n o y x`; depthwise: `n c h w, (c m) 1 i j, (c m) -> n (c m) y x`; grouped by g. */
export function convolutionAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  const [outChannels, perGroup] = c.dims(1) ?? []
  if (rank === undefined || rank < 3 || outChannels === undefined || perGroup === undefined) return null
  const group = c.int('group') ?? 1
  const spatial = axisNames(rank - 2, 7)
  const kernel = spatial.map((_, i) => `k${i}`)
  const after = spatial.map((name) => `${name}o`)
  const channels =
    group === 1
      ? ['c', 'o', 'c', 'o']
      : perGroup === 1
        ? ['c', '(c m)', '1', '(c m)']
        : ['(g c)', '(g o)', 'c', '(g o)']
  // With one output per input channel a depthwise axis is the channel itself.
  if (perGroup === 1 && group > 1 && outChannels === group) {
    channels[1] = 'c'
    channels[3] = 'c'
  }
  const [x, m, w, y] = channels
  const bias = c.hasInput(2) ? `, ${m}` : ''
  const before = spatial.map((name) => `${name}!`)
  return `n ${x} ${before.join(' ')}, ${m} ${w} ${kernel.map((name) => `${name}!`).join(' ')}${bias} -> n ${y} ${after.join(' ')}`
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
