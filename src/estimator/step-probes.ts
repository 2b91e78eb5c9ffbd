import { convolutionShape } from '../hw/convolution-shape.js'
import type { KernelShape, Precision } from '../hw/shape.js'
import { SeededRandom } from '../runtime/random.js'

/** Most channels and largest edge that are tried. */
const mostChannels = 640
const largestSize = 64

/**
 * Convolutions that show where latency steps: channels of any number, not only the round ones that models have, since a
 * step between 25 and 32 is invisible to multiples of eight. Sizes and kernels as in models; nothing of a target is used.
 */
export function stepProbes(count: number, seed: number, precision: Precision): KernelShape[] {
  const random = new SeededRandom(seed)
  const logarithmic = (low: number, high: number) =>
    Math.min(high, Math.floor(Math.exp(Math.log(low) + random.uniform() * Math.log((high + 1) / low))))
  // Few channels tell small lanes apart, many the large ones.
  const channels = () => (random.uniform() < 0.5 ? logarithmic(1, mostChannels) : random.integer(1, mostChannels))
  return Array.from({ length: count }, () =>
    convolutionShape({
      inChannels: channels(),
      outChannels: channels(),
      size: logarithmic(2, largestSize),
      kernel: [1, 1, 3, 3, 5][random.integer(0, 4)]!,
      precision,
    }),
  )
}
