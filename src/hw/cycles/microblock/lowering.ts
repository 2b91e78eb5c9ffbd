import { type KernelShape, precisionBytes } from '../../shape.js'
import type { Block } from '../../target.js'
import type { Operand, Operation } from './operation.js'
import type { OperandPlaces } from './placement.js'
import { softmaxOperations } from './softmax.js'

const one = { height: 1, width: 1 } as const

/** Operations of the array for a kernel, in order, and how often the whole list runs (batch, groups). */
export interface Lowering {
  readonly operations: readonly Operation[]
  readonly repeats: number
}

/**
 * What the vendor's compiler turns a kernel into. Source: the graph rewriting of Vela 3.10
 * (ethosu/vela/tflite_graph_optimiser.py); kernels it leaves to the host are taken as one pass over their data.
 */
export function lower(shape: KernelShape, places: OperandPlaces): Lowering {
  switch (shape.kind) {
    case 'convolution':
    case 'depthwise':
    case 'transposed-convolution':
      return lowerConvolution(shape, places)
    case 'matmul':
    case 'attention':
    case 'recurrent':
      return { operations: [vectorProduct(shape, places)], repeats: shape.batch }
    case 'pool':
      return { operations: [pool(shape, places)], repeats: shape.batch }
    case 'vector':
      return lowerVector(shape, places)
    case 'movement':
    case 'opaque':
      return { operations: [copy(shape, places)], repeats: 1 }
  }
}

const bitsOf = ({ precision }: KernelShape): number => 8 * precisionBytes[precision]

function lowerConvolution(shape: KernelShape, places: OperandPlaces): Lowering {
  const bits = bitsOf(shape)
  let input: Block = { height: shape.inHeight, width: shape.inWidth, channels: shape.inChannels }
  let kernel = { height: shape.kernelHeight, width: shape.kernelWidth }
  let stride = { height: shape.strideHeight, width: shape.strideWidth }
  let output: Block = { height: shape.outHeight, width: shape.outWidth, channels: shape.outChannels }
  let repeats = shape.batch
  // Zeros between the inputs of a transposed convolution are inserted on the way in.
  if (shape.kind === 'transposed-convolution') stride = one
  // A depthwise convolution of one channel is a dense one.
  const isDepthwise = shape.kind === 'depthwise' && shape.inChannels > 1
  if (!isDepthwise && shape.groups > 1) {
    repeats *= shape.groups
    input = { ...input, channels: shape.inChannels / shape.groups }
    output = { ...output, channels: shape.outChannels / shape.groups }
  }
  // Pairs of columns of a narrow network input become channels.
  const isNetworkInput = places.input.layout === 'linear'
  if (!isDepthwise && isNetworkInput && stride.width === 2 && input.channels <= 4 && input.width % 2 === 0) {
    if (kernel.width >= 2) {
      input = { height: input.height, width: input.width / 2, channels: input.channels * 2 }
      kernel = { height: kernel.height, width: Math.ceil(kernel.width / 2) }
      stride = { height: stride.height, width: 1 }
    }
  }
  const isPoint = input.height * input.width * kernel.height * kernel.width === 1
  const operation: Operation = {
    unit: isDepthwise ? 'depthwise' : isPoint ? 'vector-product' : 'convolution',
    arithmetic: 'other',
    input: { extent: input, bits, ...places.input },
    second: undefined,
    output: { extent: output, bits, ...places.output },
    kernel,
    stride,
    tableBytes: 0,
  }
  return { operations: [operation], repeats }
}

function vectorProduct(shape: KernelShape, places: OperandPlaces): Operation {
  const bits = bitsOf(shape)
  const { inHeight: height, inWidth: width } = shape
  // Kernels whose inner size no shape says: as many columns as their multiplications need.
  const isShapeless = shape.inChannels === 1 && shape.outChannels === 1 && shape.macs > height * width
  const channels = isShapeless ? Math.max(1, Math.round(shape.macs / (height * width))) : shape.inChannels
  const matrix: Block = { height: 1, width: channels, channels: shape.outChannels }
  return {
    unit: 'vector-product',
    arithmetic: 'other',
    input: { extent: { height, width, channels }, bits, ...places.input },
    second: shape.weightBytes > 0 ? undefined : { extent: matrix, bits, ...places.second },
    output: { extent: { height, width, channels: shape.outChannels }, bits, ...places.output },
    kernel: one,
    stride: one,
    tableBytes: 0,
  }
}

function pool(shape: KernelShape, places: OperandPlaces): Operation {
  const bits = bitsOf(shape)
  return {
    unit: 'pool',
    arithmetic: shape.op.includes('Max') ? 'max' : 'other',
    input: {
      extent: { height: shape.inHeight, width: shape.inWidth, channels: shape.inChannels },
      bits,
      ...places.input,
    },
    second: undefined,
    output: {
      extent: { height: shape.outHeight, width: shape.outWidth, channels: shape.outChannels },
      bits,
      ...places.output,
    },
    kernel: { height: shape.kernelHeight, width: shape.kernelWidth },
    stride: { height: shape.strideHeight, width: shape.strideWidth },
    tableBytes: 0,
  }
}

/** Operators that are one arithmetic step of the array; other element-wise ones go through a table of 256 entries. */
const arithmeticOf: Readonly<Record<string, Operation['arithmetic']>> = {
  Add: 'add',
  Sub: 'add',
  Mul: 'multiply',
  Max: 'other',
  Min: 'other',
  Relu: 'other',
  Clip: 'other',
  LeakyRelu: 'other',
  PRelu: 'multiply',
  Abs: 'other',
}

function lowerVector(shape: KernelShape, places: OperandPlaces): Lowering {
  const bits = bitsOf(shape)
  const output = extentOf(shape.outHeight, shape.outWidth, shape.outChannels)
  const input = extentOf(shape.inHeight, shape.inWidth, shape.inChannels)
  const from: Operand = { extent: input, bits, ...places.input }
  const to: Operand = { extent: output, bits, ...places.output }
  if (shape.op === 'Softmax' && bits === 8) {
    const numbers = shape.inHeight * shape.inWidth * shape.inChannels * shape.batch
    const channels = shape.runLength > 0 ? shape.runLength : shape.inChannels
    return { operations: softmaxOperations(Math.max(1, numbers / channels), channels, from, to), repeats: 1 }
  }
  if (shape.op.startsWith('Reduce') && shape.runLength > 1) {
    return { operations: [reduction(shape, places)], repeats: 1 }
  }
  const arithmetic = arithmeticOf[shape.op]
  const elements = shape.inHeight * shape.inWidth * shape.inChannels
  const extra = (shape.inputBytes + shape.weightBytes) / (bits / 8) - elements * shape.batch
  let second: Operand | undefined
  if (extra > 0) {
    const extent = extra * 2 > elements * shape.batch ? output : { height: 1, width: 1, channels: Math.round(extra) }
    const isConstant = shape.weightBytes * 2 >= extra * (bits / 8)
    second = { extent, bits, ...(isConstant ? { home: 'dram', layout: 'linear' } : places.second) }
  }
  const operation: Operation = {
    unit: 'elementwise',
    arithmetic: arithmetic ?? 'other',
    input: from,
    second,
    output: to,
    kernel: one,
    stride: one,
    tableBytes: arithmetic === undefined && bits === 8 ? 256 : 0,
  }
  return { operations: [operation], repeats: shape.batch }
}

/** A reduction is a pool over each run of elements. */
function reduction(shape: KernelShape, { input, output }: OperandPlaces): Operation {
  const bits = bitsOf(shape)
  const channels = Math.max(1, shape.outHeight * shape.outWidth * shape.outChannels * shape.batch)
  return {
    unit: 'pool',
    arithmetic: shape.op === 'ReduceMax' || shape.op === 'ReduceMin' ? 'max' : 'other',
    input: { extent: { height: shape.runLength, width: 1, channels }, bits, ...input },
    second: undefined,
    output: { extent: { height: 1, width: 1, channels }, bits, ...output },
    kernel: { height: shape.runLength, width: 1 },
    stride: one,
    tableBytes: 0,
  }
}

/** A copy is an average pool of single elements. */
function copy(shape: KernelShape, places: OperandPlaces): Operation {
  const bits = bitsOf(shape)
  const extent = extentOf(shape.outHeight, shape.outWidth, shape.outChannels)
  return {
    unit: 'pool',
    arithmetic: 'other',
    input: { extent, bits, ...places.input },
    second: undefined,
    output: { extent, bits, ...places.output },
    kernel: one,
    stride: one,
    tableBytes: 0,
  }
}

/** Elements whose arrangement no shape says fill bricks of 16 channels, 64 in a row. */
function extentOf(height: number, width: number, channels: number): Block {
  if (channels > 1 || width > 1 || height === 1) return { height, width, channels }
  const bricks = Math.ceil(height / 16)
  if (bricks === 1) return { height: 1, width: 1, channels: height }
  const across = Math.min(64, bricks)
  return { height: Math.ceil(bricks / across), width: across, channels: 16 }
}
