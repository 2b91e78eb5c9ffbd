import { isStatic } from '../../ir/dim.js'
import type { Value } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'
import type { ConvolutionLayer } from '../convolution-layer.js'
import { type Declined, declined } from './declined.js'

/**
 * A convolution of stride s as one of stride 1 over blocks of s x s positions: with i = s j + r, tap k reads position
 * s o + k dilation - pad = s (o + q) + r, so it becomes tap q of channel (r, c). Source of the channel order: ONNX
 * SpaceToDepth, (row of the block, column of it, c).
 */
export function overBlocks(layer: ConvolutionLayer, input: Value, place: string): ConvolutionLayer | Declined {
  const { strides, group, inChannels, outChannels, kernel, dilations, pads } = layer
  const [block = 1, other] = strides
  if (strides.length !== 2 || block !== other || block < 2)
    return declined('not-strided', place, 'none: it has no equal strides above 1')
  if (group !== 1) return declined('grouped-convolution', place, 'make it a standard convolution first')
  const sizes = dimsOf(input.type)?.slice(2) ?? []
  if (!sizes.every(isStatic)) return declined('symbolic-size', place, 'bind the symbolic sizes of the inputs')
  if (sizes.some((size) => size % block !== 0))
    return declined('indivisible-size', `${place}: ${sizes.join('x')}`, `give sizes that are multiples of ${block}`)
  const axes = kernel.map((taps, i) => blockedAxis(taps, dilations[i]!, pads.begin[i]!, block))
  const newKernel = axes.map(({ taps }) => taps)
  const [height, width] = kernel as [number, number]
  const [blockHeight, blockWidth] = newKernel as [number, number]
  const channels = inChannels * block * block
  const weight = new Float64Array(outChannels * channels * blockHeight * blockWidth)
  for (let m = 0; m < outChannels; m++) {
    for (let c = 0; c < inChannels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [row, column] = [axes[0]!.at(y), axes[1]!.at(x)]
          const channel = (row.rest * block + column.rest) * inChannels + c
          weight[((m * channels + channel) * blockHeight + row.tap) * blockWidth + column.tap] =
            layer.weight[((m * inChannels + c) * height + y) * width + x]!
        }
      }
    }
  }
  const begin = axes.map(({ pad }) => pad)
  // Never below zero: where the last block has no window in it, there would be one more.
  const end = axes.map(({ taps, pad }, i) => {
    const extent = (kernel[i]! - 1) * dilations[i]! + 1
    const out = Math.floor((sizes[i]! + pads.begin[i]! + pads.end[i]! - extent) / block) + 1
    return out - 1 + taps - sizes[i]! / block - pad
  })
  const ones = [1, 1]
  return {
    ...layer,
    inChannels: channels,
    weight,
    kernel: newKernel,
    strides: ones,
    dilations: ones,
    pads: { begin, end },
  }
}

/** One axis of the taps, over blocks. */
function blockedAxis(taps: number, dilation: number, pad: number, block: number) {
  const low = Math.floor(-pad / block)
  const high = Math.floor(((taps - 1) * dilation - pad) / block)
  return {
    taps: high - low + 1,
    // A window that begins inside the image has taps before its first one, which are zero.
    pad: -low,
    at: (tap: number) => {
      const position = tap * dilation - pad
      const quotient = Math.floor(position / block)
      return { tap: quotient - low, rest: position - quotient * block }
    },
  }
}
