import { type KernelKind, type KernelShape, precisionBytes } from '../hw/shape.js'

/** Kinds that are most alike, where a table has none of a kind. */
export const substitutes: Readonly<Partial<Record<KernelKind, readonly KernelKind[]>>> = {
  'transposed-convolution': ['convolution', 'matmul'],
  depthwise: ['convolution'],
  matmul: ['convolution'],
  attention: ['matmul', 'convolution'],
  recurrent: ['matmul', 'convolution'],
  pool: ['vector', 'movement', 'depthwise'],
  vector: ['movement', 'pool', 'depthwise'],
  movement: ['vector', 'pool', 'depthwise'],
  opaque: ['vector', 'movement', 'depthwise'],
}

const isConvolution = (kind: KernelKind): boolean => kind === 'convolution' || kind === 'depthwise'

/** Channels of the depthwise convolution that stands for work on so many elements. */
const standInChannels = 64

/**
 * A kernel in the words of another kind: what has no window becomes a convolution with window 1 that moves as many bytes
 * (depthwise) or multiplies as much (from rows x inner size x columns). A rough guess, to be flagged as one.
 */
export function asKind(shape: KernelShape, kind: KernelKind): KernelShape {
  if (shape.kind === kind) return shape
  if (!isConvolution(kind) || isConvolution(shape.kind) || shape.kind === 'transposed-convolution')
    return { ...shape, kind }
  if (kind === 'depthwise') {
    const bytes = precisionBytes[shape.precision]
    const elements = Math.max(shape.inputBytes, shape.outputBytes, bytes) / bytes
    return square(shape, kind, 1, elements / standInChannels, standInChannels, standInChannels, standInChannels)
  }
  const { batch, inHeight, inWidth, inChannels, outChannels } = shape
  return square(shape, kind, batch, inHeight * inWidth, inChannels, outChannels, 1)
}

/** A convolution with window 1 on so many positions an image. */
function square(
  shape: KernelShape,
  kind: KernelKind,
  batch: number,
  positions: number,
  inChannels: number,
  outChannels: number,
  groups: number,
): KernelShape {
  const side = Math.max(1, Math.round(Math.sqrt(positions)))
  const bytes = precisionBytes[shape.precision] * batch * side * side
  return {
    ...shape,
    kind,
    batch,
    inChannels,
    outChannels,
    groups,
    inHeight: side,
    inWidth: side,
    outHeight: side,
    outWidth: side,
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    fused: 0,
    inputBytes: bytes * inChannels,
    outputBytes: bytes * outChannels,
    weightBytes: (precisionBytes[shape.precision] * inChannels * outChannels) / groups,
    macs: (batch * side * side * inChannels * outChannels) / groups,
  }
}
