import type { KernelShape } from '../hw/shape.js'

/** Output tiles that kernels of matrix units come in: positions x channels. */
const denseTiles = [
  [32, 32],
  [64, 32],
  [64, 64],
  [128, 32],
  [128, 64],
  [64, 128],
  [128, 128],
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

const channelSteps = [4, 8, 16, 32, 64] as const

/** Kernels without a reduction over channels: their tiles are of space, not of positions x channels. */
export const isChannelwise = ({ groups, inChannels, kind }: KernelShape): boolean =>
  kind === 'depthwise' || (groups > 1 && groups === inChannels)

const log = (value: number): number => Math.log2(Math.max(value, 1e-3))

const isConvolution = ({ kind }: KernelShape): boolean => kind === 'convolution' || kind === 'depthwise'

/** How many features `writeFeatures` writes for kernels of this kind. */
export const featureCount = (shape: KernelShape): number => writeFeatures(shape, 1, 0, new Float32Array(128))

/**
 * What the regressors see of a kernel, written to the start of `out`: its sizes, their logarithms, arithmetic intensity,
 * padding of channels and positions to tiles, and how evenly the tiles fill the device's `processors` (units that work
 * side by side: streaming multiprocessors, cores). `opRate` is how much slower the operator is than its work says.
 * Returns how many were written. Called for every prediction, hence without arrays of its own.
 */
export function writeFeatures(shape: KernelShape, processors: number, opRate: number, out: Float32Array): number {
  const { batch, inChannels, outChannels, inHeight, inWidth, outHeight, outWidth, groups, fused } = shape
  const { inputBytes, outputBytes, weightBytes, kernelHeight, kernelWidth } = shape
  const image = Math.max(1, outHeight * outWidth)
  const positions = batch * outHeight * outWidth
  const depth = Math.max(1, (inChannels / groups) * kernelHeight * kernelWidth)
  const outElements = Math.max(1, positions * outChannels)
  const bytes = inputBytes + outputBytes + weightBytes
  const logWork = log(Math.max(1, shape.macs))
  const logBytes = log(bytes)
  const logPositions = log(Math.max(1, positions))
  const logInChannels = log(inChannels)
  const logOutElements = log(outElements)
  let n = 0
  out[n++] = batch
  out[n++] = inChannels
  out[n++] = inHeight
  out[n++] = inWidth
  out[n++] = outChannels
  out[n++] = kernelHeight
  out[n++] = kernelWidth
  out[n++] = shape.strideHeight
  out[n++] = groups
  out[n++] = fused
  out[n++] = outHeight
  out[n++] = outWidth
  out[n++] = inHeight * batch
  out[n++] = logWork
  out[n++] = log(inputBytes)
  out[n++] = log(weightBytes)
  out[n++] = log(outputBytes)
  out[n++] = logBytes
  out[n++] = fused > 0 ? log(bytes + fused * outputBytes) : logBytes
  out[n++] = logWork - logBytes
  out[n++] = logPositions
  out[n++] = log(depth)
  out[n++] = logOutElements
  out[n++] = log(batch * inChannels * inHeight * inWidth)
  out[n++] = log(weightBytes / Math.max(1, inputBytes + outputBytes))
  out[n++] = inChannels / outChannels
  out[n++] = opRate
  for (let i = 0; i < channelSteps.length; i++) {
    const step = channelSteps[i]!
    out[n++] = Math.ceil(inChannels / step)
    out[n++] = Math.ceil(outChannels / step)
    out[n++] = inChannels % step
    out[n++] = outChannels % step
  }
  // Tiles of space, for kernels that work image by image.
  for (let edge = 8; edge <= 16; edge *= 2) {
    out[n++] = (Math.ceil(outHeight / edge) * Math.ceil(outWidth / edge) * edge * edge) / image
  }
  // Winograd's tiles: 2 x 2 and 4 x 4 outputs from inputs two larger (Lavin and Gray, CVPR 2016).
  for (let edge = 2; edge <= 4; edge += 2) {
    const tiles = batch * Math.ceil(outHeight / edge) * Math.ceil(outWidth / edge)
    out[n++] = (tiles * edge * edge) / Math.max(1, positions)
    out[n++] = log(tiles * (edge + 2) ** 2 * Math.ceil(outChannels / 64) * 64) + logInChannels
  }
  for (let edge = 32; edge <= 128; edge *= 2) {
    out[n++] = log(batch * Math.ceil(image / edge) * Math.ceil(outChannels / edge))
  }
  // Output tiles of matrix units: padding to whole waves, waves, and how full the last one is.
  for (let i = 0; i < denseTiles.length; i++) {
    const [rows, columns] = denseTiles[i]!
    const count = Math.ceil(positions / rows) * Math.ceil(outChannels / columns)
    const waves = Math.ceil(count / processors)
    out[n++] = (waves * processors * rows * columns) / outElements
    out[n++] = waves
    out[n++] = count / (waves * processors)
  }
  if (isConvolution(shape)) return n
  // Convolutions are told by their sizes; what else there is works along runs of its data.
  const { runLength } = shape
  out[n++] = shape.activations
  out[n++] = log(runLength)
  out[n++] = log(outElements / Math.max(1, runLength))
  out[n++] = log(bytes / Math.max(1, runLength))
  return n
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
  ...denseTiles.filter((_, i) => i % 2 === 0).map((tile) => `waves${tile.join('x')}`),
  ...depthwiseTiles.flatMap(([edge, channels]) => [`tiles${edge}x${channels}`, `taps${edge}x${channels}`]),
]

/**
 * Roofline with steps, written to `out` (one number for each of `whiteBoxNames`): a call, arithmetic, bytes in, out and
 * of weights, and the time of whole waves of tiles on `processors` (without a reduction: tiles of space x channels).
 */
export function writeWhiteBoxTerms(shape: KernelShape, processors: number, out: Float64Array): void {
  const { outHeight, outWidth, outChannels } = shape
  const positions = shape.batch * outHeight * outWidth
  const depth = Math.max(1, (shape.inChannels / shape.groups) * shape.kernelHeight * shape.kernelWidth)
  out.fill(0)
  out[0] = 1
  out[1] = shape.macs * 1e-9
  out[2] = shape.inputBytes * 1e-7
  out[3] = shape.outputBytes * 1e-7
  out[4] = shape.weightBytes * 1e-7
  out[5] = shape.fused * shape.outputBytes * 1e-7
  out[6] = depth * 1e-3
  let at = 7
  if (shape.macs === 0) return
  if (!isChannelwise(shape)) {
    const depth32 = Math.ceil(depth / 32) * 32
    for (let i = 0; i < denseTiles.length; i += 2) {
      const [rows, columns] = denseTiles[i]!
      const count = Math.ceil(positions / rows) * Math.ceil(outChannels / columns)
      out[at++] = Math.ceil(count / processors) * processors * rows * columns * depth32 * 1e-9
    }
    return
  }
  at += Math.ceil(denseTiles.length / 2)
  for (let i = 0; i < depthwiseTiles.length; i++) {
    const [edge, channels] = depthwiseTiles[i]!
    const count =
      Math.ceil(outHeight / edge) * Math.ceil(outWidth / edge) * shape.batch * Math.ceil(outChannels / channels)
    const elements = Math.ceil(count / processors) * processors * edge * edge * channels
    out[at++] = elements * 1e-7
    out[at++] = elements * depth * 1e-8
  }
}
