import { type KernelShape, precisionBytes } from '../hw/shape.js'

/** Output tiles that kernels of matrix units come in: positions x channels. */
const denseTiles = [
  [32, 32],
  [64, 32],
  [64, 64],
  [128, 32],
  [128, 64],
  [64, 128],
  [128, 128],
  [256, 64],
  [256, 128],
] as const

/** Edge of an output tile and its channels, for kernels without a reduction over channels. */
const depthwiseTiles = [
  [8, 8],
  [16, 16],
  [4, 32],
  [8, 32],
  [8, 64],
] as const

const channelSteps = [8, 16, 32, 64] as const

/** A kernel as the multiplication of matrices it amounts to. */
export interface Gemm {
  /** Output positions: batch x space. */
  readonly positions: number
  /** Inner size: input channels of one group x window. */
  readonly depth: number
  readonly outElements: number
  readonly inElements: number
  readonly bytes: number
}

export function gemmOf(shape: KernelShape): Gemm {
  const positions = shape.batch * shape.outHeight * shape.outWidth
  const outElements = positions * shape.outChannels
  return {
    positions,
    depth: Math.max(1, (shape.inChannels / shape.groups) * shape.kernelHeight * shape.kernelWidth),
    outElements,
    inElements: shape.batch * shape.inChannels * shape.inHeight * shape.inWidth,
    bytes: shape.inputBytes + shape.outputBytes + shape.weightBytes,
  }
}

/** Kernels without a reduction over channels: their tiles are of space, not of positions x channels. */
export const isChannelwise = ({ groups, inChannels, kind }: KernelShape): boolean =>
  kind === 'depthwise' || (groups > 1 && groups === inChannels)

const log = (value: number): number => Math.log2(Math.max(value, 1e-3))

/**
 * What the regressors see of a kernel: its sizes, their logarithms, arithmetic intensity, padding of channels and
 * positions to tiles, and how evenly the tiles fill the device's `processors` (units that work side by side: streaming
 * multiprocessors, cores). `opRate` is how much slower the operator is than its work says. Names in `featureNames`.
 */
export function featuresOf(shape: KernelShape, processors: number, opRate: number): Float64Array {
  const gemm = gemmOf(shape)
  const { positions, depth, outElements, inElements, bytes } = gemm
  const { batch, outHeight, outWidth, outChannels, inChannels } = shape
  const work = Math.max(1, shape.macs)
  const out: number[] = [
    batch,
    inChannels,
    shape.inHeight,
    shape.inWidth,
    outChannels,
    shape.kernelHeight,
    shape.kernelWidth,
    shape.strideHeight,
    shape.groups,
    shape.fused,
    outHeight,
    outWidth,
    shape.inHeight * batch,
    log(work),
    log(shape.inputBytes),
    log(shape.weightBytes),
    log(shape.outputBytes),
    log(bytes),
    log(bytes + shape.fused * shape.outputBytes),
    log(work / bytes),
    log(positions),
    log(depth),
    log(outElements),
    log(inElements),
    log(shape.weightBytes / Math.max(1, shape.inputBytes + shape.outputBytes)),
    inChannels / outChannels,
    opRate,
  ]
  for (const step of channelSteps) out.push(Math.ceil(inChannels / step), Math.ceil(outChannels / step))
  for (const step of channelSteps) out.push(inChannels % step, outChannels % step)
  out.push(log(Math.ceil(positions / 64) * Math.ceil(outChannels / 64)))
  out.push(log(Math.ceil(positions / 128) * Math.ceil(outChannels / 128)))
  for (const edge of [8, 16]) {
    const tiles = Math.ceil(outHeight / edge) * Math.ceil(outWidth / edge)
    out.push(log((tiles * edge * edge) / Math.max(1, outHeight * outWidth)))
  }
  // Winograd's tiles: 2 x 2 and 4 x 4 outputs from inputs two larger (Lavin and Gray, CVPR 2016).
  for (const edge of [2, 4]) {
    const tiles = batch * Math.ceil(outHeight / edge) * Math.ceil(outWidth / edge)
    out.push(log((tiles * edge * edge) / Math.max(1, positions)))
    out.push(log(tiles * (edge + 2) ** 2 * Math.ceil(outChannels / 64) * 64 * inChannels))
  }
  const image = Math.max(1, outHeight * outWidth)
  for (const edge of [32, 64, 128]) out.push(log(batch * Math.ceil(image / edge) * Math.ceil(outChannels / edge)))
  for (const [rows, columns] of denseTiles) {
    const count = Math.ceil(positions / rows) * Math.ceil(outChannels / columns)
    const waves = Math.ceil(count / processors)
    out.push(
      log((waves * processors * rows * columns) / Math.max(1, outElements)),
      log(waves),
      count / (waves * processors),
    )
  }
  // Convolutions are told by their sizes; what else there is works along runs of its data.
  if (shape.kind !== 'convolution' && shape.kind !== 'depthwise') {
    const { runLength } = shape
    out.push(
      shape.activations,
      log(runLength),
      log(outElements / Math.max(1, runLength)),
      log(bytes / Math.max(1, runLength)),
    )
  }
  return Float64Array.from(out)
}

/** Terms of the white-box model that `whiteBoxTerms` gives, in order; each is a cost that adds up and cannot be negative. */
export const whiteBoxNames: readonly string[] = [
  'call',
  'macs',
  'inputBytes',
  'outputBytes',
  'weightBytes',
  'fusedBytes',
  'depth',
  ...[0, 2, 4, 6, 8].map((i) => `waves${denseTiles[i]!.join('x')}`),
  ...depthwiseTiles.flatMap(([edge, channels]) => [`tiles${edge}x${channels}`, `taps${edge}x${channels}`]),
]

/**
 * Roofline with steps: a call, arithmetic, bytes in, out and of weights, and the time of whole waves of tiles on
 * `processors` (for kernels without a reduction: tiles of space x channels).
 */
export function whiteBoxTerms(shape: KernelShape, processors: number): Float64Array {
  const { positions, depth } = gemmOf(shape)
  const out = new Float64Array(whiteBoxNames.length)
  out[0] = 1
  out[1] = shape.macs * 1e-9
  out[2] = shape.inputBytes * 1e-7
  out[3] = shape.outputBytes * 1e-7
  out[4] = shape.weightBytes * 1e-7
  out[5] = shape.fused * shape.outputBytes * 1e-7
  out[6] = depth * 1e-3
  let at = 7
  if (shape.macs === 0) return out
  if (!isChannelwise(shape)) {
    const depth32 = Math.ceil(depth / 32) * 32
    for (let i = 0; i < denseTiles.length; i += 2) {
      const [rows, columns] = denseTiles[i]!
      const count = Math.ceil(positions / rows) * Math.ceil(shape.outChannels / columns)
      out[at++] = Math.ceil(count / processors) * processors * rows * columns * depth32 * 1e-9
    }
    return out
  }
  at += Math.ceil(denseTiles.length / 2)
  for (const [edge, channels] of depthwiseTiles) {
    const space = Math.ceil(shape.outHeight / edge) * Math.ceil(shape.outWidth / edge)
    const count = space * shape.batch * Math.ceil(shape.outChannels / channels)
    const elements = Math.ceil(count / processors) * processors * edge * edge * channels
    out[at++] = elements * 1e-7
    out[at++] = elements * depth * 1e-8
  }
  return out
}

/** Bytes of one element of the kernel's activations. */
export const elementBytes = ({ precision }: KernelShape): number => precisionBytes[precision]
