/** Number formats a target computes in. */
export type Precision = 'int8' | 'int16' | 'float16' | 'bfloat16' | 'float32'

/** What a kernel does, as far as a cost model tells kernels apart. */
export const kernelKinds = [
  'convolution',
  'depthwise',
  'transposed-convolution',
  'matmul',
  'pool',
  'vector',
  'movement',
  'recurrent',
  'attention',
  'opaque',
] as const

export type KernelKind = (typeof kernelKinds)[number]

/**
 * The numbers a kernel's latency is predicted from: what a row of a measurement table says of it, and what the planner
 * reads off a graph. Spatial sizes of 3-D convolutions are folded into the height; a MatMul has its rows as height,
 * its inner size as input channels and its columns as output channels; other kernels have their elements as height.
 */
export interface KernelShape {
  readonly kind: KernelKind
  /** Operator of the anchor; with its domain unless that is the standard one. */
  readonly op: string
  readonly precision: Precision
  readonly batch: number
  readonly inChannels: number
  readonly inHeight: number
  readonly inWidth: number
  readonly outChannels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly kernelHeight: number
  readonly kernelWidth: number
  readonly strideHeight: number
  readonly strideWidth: number
  readonly groups: number
  /** Operators inside the same kernel that read a further activation as large as the output: additions of a residual. */
  readonly fused: number
  /** Bytes of all activations read and written, and of all constants, in the format the target computes in. */
  readonly inputBytes: number
  readonly outputBytes: number
  readonly weightBytes: number
  readonly macs: number
  /** How many activations are read and written. */
  readonly activations: number
  /**
   * Length of the runs it works along: elements that a movement copies at once, that a reduction collapses to one, that
   * one element of the smaller operand meets, that a recurrence steps over. 0: does not apply or is not known.
   */
  readonly runLength: number
}

export const precisionBytes: Readonly<Record<Precision, number>> = {
  int8: 1,
  int16: 2,
  float16: 2,
  bfloat16: 2,
  float32: 4,
}
