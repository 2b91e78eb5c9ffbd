import { type KernelShape, precisionBytes } from './shape.js'
import type { Precision } from './target.js'

/** What a convolution is given by; padding keeps the size, divided by the stride. */
export interface ConvolutionSizes {
  readonly inChannels: number
  readonly outChannels: number
  /** Of the input; height and width. */
  readonly size: number
  readonly kernel?: number
  readonly stride?: number
  readonly groups?: number
  readonly batch?: number
  readonly precision?: Precision
}

/** Shape of a square convolution without bias, on its own: a depthwise one where every channel is a group. */
export function convolutionShape(sizes: ConvolutionSizes): KernelShape {
  const { inChannels, outChannels, size, kernel = 1, stride = 1, groups = 1, batch = 1, precision = 'int8' } = sizes
  const outSize = Math.ceil(size / stride)
  const elementBytes = precisionBytes[precision]
  const weights = (kernel * kernel * inChannels * outChannels) / groups
  return {
    kind: groups > 1 && groups === inChannels ? 'depthwise' : 'convolution',
    op: 'Conv',
    precision,
    batch,
    inChannels,
    inHeight: size,
    inWidth: size,
    outChannels,
    outHeight: outSize,
    outWidth: outSize,
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideHeight: stride,
    strideWidth: stride,
    groups,
    fused: 0,
    inputBytes: batch * inChannels * size * size * elementBytes,
    outputBytes: batch * outChannels * outSize * outSize * elementBytes,
    weightBytes: weights * elementBytes,
    macs: batch * outSize * outSize * weights,
    activations: 2,
    runLength: 0,
  }
}
