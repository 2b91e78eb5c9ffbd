import type { ConvolutionLayer } from '../convolution-layer.js'
import { type Declined, declined } from './declined.js'
import { convolved, factorised, tile } from './kernel-factors.js'

/** Depthwise convolutions in a row, and the share of the original weights' energy that their product does not have. */
export interface StackedKernels {
  readonly layers: readonly ConvolutionLayer[]
  readonly lostShare: number
}

/**
 * A depthwise KxK convolution, K odd, as (K - 1) / 2 depthwise 3x3 ones: each channel's kernel as a product (convolution) of
 * 3x3 kernels, fitted by alternating least squares. The first takes all of the padding, so that
 * the product's window lies in the same padded image; the last one takes stride and bias.
 */
export function stackedKernels(layer: ConvolutionLayer): StackedKernels {
  const size = layer.kernel[0]!
  const depth = (size - 1) / 2
  const channels = layer.outChannels
  const weights = Array.from({ length: depth }, () => new Float64Array(channels * tile * tile))
  let [lost, whole] = [0, 0]
  for (let c = 0; c < channels; c++) {
    const kernel = layer.weight.subarray(c * size * size, (c + 1) * size * size)
    const factors = factorised(kernel, size)
    factors.forEach((factor, i) => {
      weights[i]!.set(factor, c * tile * tile)
    })
    const product = factors.reduce((a, b) => convolved(a, b))
    kernel.forEach((value, i) => {
      whole += value * value
      lost += (value - product[i]!) ** 2
    })
  }
  const ones = [1, 1]
  const layers = weights.map((weight, i): ConvolutionLayer => {
    const isLast = i === depth - 1
    return {
      ...layer,
      weight,
      bias: isLast ? layer.bias : new Float64Array(channels),
      kernel: [tile, tile],
      strides: isLast ? layer.strides : ones,
      pads: i === 0 ? layer.pads : { begin: [0, 0], end: [0, 0] },
    }
  })
  return { layers, lostShare: whole === 0 ? 0 : lost / whole }
}

/** Why a convolution cannot be taken apart so. */
export function whyNotStacked(layer: ConvolutionLayer, place: string): Declined | undefined {
  const [size = 0, other] = layer.kernel
  const isDepthwise = layer.group === layer.inChannels && layer.outChannels === layer.inChannels
  if (!isDepthwise || layer.kernel.length !== 2 || size !== other || size % 2 === 0 || size < 5)
    return declined(
      'no-large-depthwise',
      place,
      'none: only depthwise convolutions of 5x5, 7x7 and so on are taken apart',
    )
  if (layer.dilations.some((dilation) => dilation !== 1))
    return declined('dilated-kernel', place, 'none: its taps are apart already')
  return undefined
}
