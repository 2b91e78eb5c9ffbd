import { type ConvolutionSizes, convolutionShape } from '../hw/convolution-shape.js'
import type { KernelShape, Precision } from '../hw/shape.js'
import { SeededRandom } from '../runtime/random.js'

/** Most channels and largest edge that are tried. */
const mostChannels = 512
const largestSize = 56

/**
 * Convolutions that show where latency steps: channels of any number, not only the round ones that models have, since a
 * step between 25 and 32 is invisible to multiples of eight. Sizes and kernels as in models; nothing of a target is used.
 */
export function stepSizes(count: number, seed: number): ConvolutionSizes[] {
  const random = new SeededRandom(seed)
  const logarithmic = (low: number, high: number) =>
    Math.min(high, Math.floor(Math.exp(Math.log(low) + random.uniform() * Math.log((high + 1) / low))))
  // Few channels tell small lanes apart, many the large ones.
  const channels = () => (random.uniform() < 0.5 ? logarithmic(1, mostChannels) : random.integer(1, mostChannels))
  return Array.from({ length: count }, () => ({
    inChannels: channels(),
    outChannels: channels(),
    size: logarithmic(4, largestSize),
    kernel: [1, 1, 3][random.integer(0, 2)]!,
  }))
}

/** The same as kernels. */
export const stepProbes = (count: number, seed: number, precision: Precision): KernelShape[] =>
  stepSizes(count, seed).map((sizes) => convolutionShape({ ...sizes, precision }))
