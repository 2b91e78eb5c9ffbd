import { type KernelShape, precisionBytes } from '../hw/shape.js'

/** What a decision changes of a kernel. What is left out stays. */
export interface KernelChange {
  readonly inChannels?: number
  readonly outChannels?: number
  readonly kernelHeight?: number
  readonly kernelWidth?: number
  readonly groups?: number
  readonly inHeight?: number
  readonly inWidth?: number
  readonly outHeight?: number
  readonly outWidth?: number
  readonly kind?: KernelShape['kind']
}

/**
 * The kernel after a decision: MACs and bytes follow from its new sizes. Bytes that are not the main input, the output or
 * the filters (a residual that is added, biases, a table) grow with the output.
 */
export function changeKernel(shape: KernelShape, change: KernelChange): KernelShape {
  const changed = { ...shape, ...change }
  const before = bytesOf(shape)
  const after = bytesOf(changed)
  const outElements = ({ batch, outChannels, outHeight, outWidth }: KernelShape) =>
    batch * outChannels * outHeight * outWidth
  const growth = outElements(changed) / Math.max(1, outElements(shape))
  const channelGrowth = changed.outChannels / Math.max(1, shape.outChannels)
  const hasFilters = shape.macs > 0
  return {
    ...changed,
    inputBytes: after.input + Math.max(0, shape.inputBytes - before.input) * growth,
    outputBytes: shape.outputBytes * growth,
    weightBytes: hasFilters
      ? after.filters + Math.max(0, shape.weightBytes - before.filters) * channelGrowth
      : shape.weightBytes * channelGrowth,
    macs: hasFilters ? (shape.macs * macsOf(changed)) / macsOf(shape) : 0,
  }
}

function bytesOf({ precision, batch, inChannels, inHeight, inWidth, ...rest }: KernelShape) {
  const size = precisionBytes[precision]
  const { outChannels, kernelHeight, kernelWidth, groups } = rest
  return {
    input: batch * inChannels * inHeight * inWidth * size,
    filters: ((kernelHeight * kernelWidth * inChannels * outChannels) / groups) * size,
  }
}

/** Up to the factor that padding and transposition make, which a change leaves as it is. */
const macsOf = (shape: KernelShape): number => {
  const { batch, inChannels, outChannels, outHeight, outWidth, kernelHeight, kernelWidth, groups } = shape
  return (batch * outHeight * outWidth * outChannels * inChannels * kernelHeight * kernelWidth) / groups
}
