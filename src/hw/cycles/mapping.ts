import type { KernelShape } from '../shape.js'

/** A dense multiplication as the array sees it: `positions` x `taps` steps over the lanes of each group. */
export interface ArrayMapping {
  /** Output positions (batch x space) of one group. */
  readonly positions: number
  /** Kernel taps. */
  readonly taps: number
  readonly groups: number
  /** Per group. */
  readonly inChannels: number
  readonly outChannels: number
}

/** Dense algebra as an array sees it; undefined: a kernel of the vector unit. */
export function mappingOf(shape: KernelShape): ArrayMapping | undefined {
  const { kind, batch, groups, inChannels, outChannels, kernelHeight, kernelWidth } = shape
  if (shape.macs === 0) return undefined
  const channels = { groups, inChannels: inChannels / groups, outChannels: outChannels / groups }
  const taps = kernelHeight * kernelWidth
  switch (kind) {
    case 'convolution':
    case 'depthwise':
      return { positions: batch * shape.outHeight * shape.outWidth, taps, ...channels }
    case 'transposed-convolution':
      // Every input position is multiplied with every tap.
      return { positions: batch * shape.inHeight * shape.inWidth, taps, ...channels }
    case 'matmul':
      return { positions: batch * shape.outHeight * shape.outWidth, taps: 1, ...channels }
    case 'recurrent':
      return recurrentMapping(shape)
    default:
      return undefined
  }
}

/** Each step multiplies input and state with the matrices of all gates; undefined: sizes are not known. */
function recurrentMapping({ batch, inHeight, inChannels, outChannels, macs }: KernelShape): ArrayMapping | undefined {
  const positions = batch * inHeight
  const inner = inChannels + outChannels
  if (outChannels <= 1 || positions === 0) return undefined
  return { positions, taps: 1, groups: 1, inChannels: inner, outChannels: Math.max(1, macs / (positions * inner)) }
}
