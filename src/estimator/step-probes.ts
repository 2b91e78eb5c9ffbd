import { type ConvolutionSizes, convolutionShape } from '../hw/convolution-shape.js'
import type { KernelShape, Precision } from '../hw/shape.js'
import { SeededRandom } from '../runtime/random.js'

/** Most channels and largest edge that are tried. */
const mostChannels = 512
const largestSize = 56

/** Every number of channels up to this is tried on either side: the first step after so many lanes is the plainest. */
const everyChannels = 256
const fewChannels = 16

/** Steps of the sequence with the golden ratio visit an interval evenly, however many are taken. */
const golden = (Math.sqrt(5) - 1) / 2

/**
 * Convolutions that show where latency steps: channels of any number, not only the round ones that models have, since a
 * step between 25 and 32 is invisible to multiples of eight. A third has many channels on both sides; two thirds run
 * evenly through the numbers of one side with few channels on the other, so that weights are few and computing bounds
 * them. Sizes and kernels as in models; nothing of a target is used.
 */
export function stepSizes(count: number, seed: number): ConvolutionSizes[] {
  const random = new SeededRandom(seed)
  const logarithmic = (low: number, high: number) =>
    Math.min(high, Math.floor(Math.exp(Math.log(low) + random.uniform() * Math.log((high + 1) / low))))
  // Few channels tell small lanes apart, many the large ones.
  const channels = () => (random.uniform() < 0.5 ? logarithmic(1, mostChannels) : random.integer(1, mostChannels))
  const phase = random.uniform()
  return Array.from({ length: count }, (_, i) => {
    const kernel = [1, 1, 3][random.integer(0, 2)]!
    if (i % 3 === 0)
      return { inChannels: channels(), outChannels: channels(), size: logarithmic(4, largestSize), kernel }
    const swept = 1 + Math.floor(((phase + Math.floor(i / 3) * golden) % 1) * everyChannels)
    const few = logarithmic(1, fewChannels)
    const size = logarithmic(12, largestSize)
    return i % 3 === 1
      ? { inChannels: swept, outChannels: few, size, kernel }
      : { inChannels: few, outChannels: swept, size, kernel }
  })
}

/** The same as kernels. */
export const stepProbes = (count: number, seed: number, precision: Precision): KernelShape[] =>
  stepSizes(count, seed).map((sizes) => convolutionShape({ ...sizes, precision }))
