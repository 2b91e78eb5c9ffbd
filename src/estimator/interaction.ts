import type { KernelShape } from '../hw/shape.js'
import type { Graph } from '../ir/graph.js'

/**
 * What kernels cost together beyond their sum: the call of the runtime, what arrives and leaves with it, and data that
 * no longer lie near when the next kernel wants them.
 */
export interface Interaction {
  /** Milliseconds of a call, of each input and each output. */
  readonly callMs: number
  readonly inputMs: number
  readonly outputMs: number
  /** Kernels inside a network over kernels alone. */
  readonly factor: number
  /** Milliseconds for a byte of activations of kernels that move at least `largeFromBytes`. */
  readonly largeByteMs: number
  readonly largeFromBytes: number
  /** Milliseconds for a byte of weights: between two calls other weights have taken their place. */
  readonly weightByteMs: number
  /** Half the 90 % interval of a network's logarithm, from networks left out. */
  readonly halfWidth: number
  /** Networks it was fitted to. */
  readonly networks: number
}

/** Activations of a kernel, if they are too large to stay near. */
export function largeBytes(shape: KernelShape, fromBytes: number): number {
  const bytes = shape.inputBytes + shape.outputBytes
  return bytes >= fromBytes ? bytes : 0
}

/** Milliseconds of a kernel within a network. */
export const inNetworkMs = (aloneMs: number, shape: KernelShape, interaction: Interaction): number =>
  aloneMs * interaction.factor +
  largeBytes(shape, interaction.largeFromBytes) * interaction.largeByteMs +
  shape.weightBytes * interaction.weightByteMs

/** Milliseconds of a call of a model: what has a value of its own need not be brought. */
export const callOfMs = ({ inputs, outputs }: Graph, interaction: Interaction): number =>
  callMs(inputs.filter(({ tensor }) => tensor === undefined).length, outputs.length, interaction)

/** Milliseconds that a call takes whatever it runs. */
export const callMs = (inputs: number, outputs: number, { callMs, inputMs, outputMs }: Interaction): number =>
  callMs + inputs * inputMs + outputs * outputMs
