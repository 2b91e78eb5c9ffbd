import type { Node } from '../ir/graph.js'
import type { ArrayMapping } from './cycles/mapping.js'
import { runLengthOf } from './run-length.js'
import type { KernelKind, KernelShape } from './shape.js'
import type { Precision } from './target.js'

/** What the planner knows of a kernel when it asks for its shape; all sizes are concrete. */
export interface KernelFacts {
  readonly kind: KernelKind
  readonly anchor: Node
  /** What the kernel is called once fused; undefined: like its anchor. */
  readonly op?: string | undefined
  readonly precision: Precision
  /** Of the anchor's first input and output, and of its constant operand; undefined: unknown rank. */
  readonly inputDims: readonly number[] | undefined
  readonly outputDims: readonly number[] | undefined
  readonly weightDims: readonly number[] | undefined
  /** Of all that the anchor takes; undefined: omitted, of unknown rank, or of symbolic sizes. */
  readonly operandDims: readonly (readonly number[] | undefined)[]
  /** Attributes of the anchor that hold sizes of axes. */
  readonly groups: number
  readonly hiddenSize: number
  readonly inputBytes: number
  readonly outputBytes: number
  readonly weightBytes: number
  readonly macs: number
  readonly mapping: ArrayMapping | undefined
  /** Operators that run on the anchor's output inside the kernel. */
  readonly fused: number
  /** Activations read and written. */
  readonly activations: number
}

type Extent = Pick<
  KernelShape,
  | 'batch'
  | 'inChannels'
  | 'inHeight'
  | 'inWidth'
  | 'outChannels'
  | 'outHeight'
  | 'outWidth'
  | 'kernelHeight'
  | 'kernelWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'groups'
>

/** Numbers of a kernel in the words of `KernelShape`. */
export function shapeOf(facts: KernelFacts): KernelShape {
  const {
    kind,
    anchor,
    precision,
    inputDims,
    outputDims,
    inputBytes,
    outputBytes,
    weightBytes,
    macs,
    fused,
    activations,
    operandDims,
  } = facts
  return {
    kind,
    op: facts.op ?? (anchor.domain === '' ? anchor.opType : `${anchor.domain}.${anchor.opType}`),
    precision,
    ...extentOf(facts),
    fused,
    inputBytes,
    outputBytes,
    weightBytes,
    macs,
    activations,
    runLength: runLengthOf(anchor, kind, inputDims, outputDims, operandDims),
  }
}

function extentOf(facts: KernelFacts): Extent {
  const { kind, anchor, inputDims, outputDims, weightDims, mapping, groups, hiddenSize } = facts
  if (inputDims === undefined || outputDims === undefined) return flatExtent(0, 0)
  if (mapping !== undefined && kind !== 'matmul')
    return windowed(inputDims, outputDims, weightDims!.slice(2), anchor, groups)
  if (kind === 'pool' && inputDims.length > 2 && outputDims.length === inputDims.length) {
    return windowed(inputDims, outputDims, anchor.ints('kernel_shape') ?? inputDims.slice(2), anchor, groups)
  }
  if (kind === 'recurrent' && inputDims.length === 3) {
    return {
      ...flatExtent(inputDims[0]!, inputDims[0]!),
      batch: inputDims[1]!,
      inChannels: inputDims[2]!,
      outChannels: hiddenSize,
    }
  }
  if (mapping !== undefined) {
    const matrices = weightDims === undefined ? product(outputDims.slice(0, -2)) : 1
    const rows = mapping.positions / matrices
    return {
      ...flatExtent(rows, rows),
      batch: matrices,
      inChannels: mapping.inChannels,
      outChannels: mapping.outChannels,
    }
  }
  return flatExtent(product(inputDims), product(outputDims))
}

function windowed(
  input: readonly number[],
  output: readonly number[],
  kernel: readonly number[],
  anchor: Node,
  groups: number,
): Extent {
  const [inHeight, inWidth] = plane(input.slice(2))
  const [outHeight, outWidth] = plane(output.slice(2))
  const [kernelHeight, kernelWidth] = plane(kernel)
  const [strideHeight, strideWidth] = plane(anchor.ints('strides') ?? kernel.map(() => 1))
  return {
    batch: input[0]!,
    inChannels: input[1]!,
    inHeight,
    inWidth,
    outChannels: output[1]!,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    groups: Math.max(1, groups),
  }
}

/** Spatial axes as height and width: of three and more all but the last are the height, one alone is the width. */
const plane = (sizes: readonly number[]): [height: number, width: number] => [
  product(sizes.slice(0, -1)),
  sizes.at(-1) ?? 1,
]

/** What is empty or of unknown size counts as one element. */
export const flatExtent = (inHeight: number, outHeight: number): Extent => ({
  batch: 1,
  inChannels: 1,
  inHeight: Math.max(1, inHeight),
  inWidth: 1,
  outChannels: 1,
  outHeight: Math.max(1, outHeight),
  outWidth: 1,
  kernelHeight: 1,
  kernelWidth: 1,
  strideHeight: 1,
  strideWidth: 1,
  groups: 1,
})

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1)
