import { type KernelShape, precisionBytes } from '../shape.js'
import type { ArrayTarget } from '../target.js'
import type { Placement, Traffic } from './cost.js'
import type { ArrayMapping } from './mapping.js'

/** How often the operands of a kernel come from DRAM, and how many bytes of them there are. */
export interface Reloads {
  readonly inputLoads: number
  readonly weightLoads: number
  /** The input that lives in DRAM. */
  readonly inputBytes: number
  /** Constants; of a product of two activations the second, if it lives in DRAM. */
  readonly weightBytes: number
}

/** Bytes that a kernel of the array moves: activations in SRAM cost no DRAM traffic, weights always stream. */
export function arrayTraffic(
  shape: KernelShape,
  mapping: ArrayMapping,
  placement: Placement,
  target: ArrayTarget,
): Traffic {
  const { inputLoads, weightLoads, inputBytes, weightBytes } = reloadsOf(shape, mapping, placement, target)
  return {
    dramBytes: weightBytes * weightLoads + inputBytes * inputLoads + placement.dramOutputBytes,
    sramBytes:
      shape.weightBytes +
      shape.inputBytes +
      shape.outputBytes +
      weightBytes * (weightLoads - 1) +
      inputBytes * (inputLoads - 1),
  }
}

/**
 * An input in DRAM is read once if all weights of a group fit beside a strip of it (kernel-height rows). Otherwise the
 * cheaper of two orders is taken: weights in chunks of output channels and the input again for each, or the input in
 * strips and the weights again for each (weight- and input-stationary reuse: Sze et al., Efficient processing of deep
 * neural networks, Proc. IEEE 105, 2017, section V). Double buffering leaves half of what is free in the SRAM to a tile.
 * Groups share nothing and never reload. Not counted: rows that neighbouring strips have in common.
 */
export function reloadsOf(
  shape: KernelShape,
  { groups, inChannels, outChannels, taps }: ArrayMapping,
  { dramInputBytes, dramOutputBytes }: Placement,
  { memory }: ArrayTarget,
): Reloads {
  const isConstant = shape.weightBytes > 0
  const second = shape.batch * inChannels * outChannels * taps * precisionBytes[shape.precision]
  const weightBytes = isConstant ? shape.weightBytes : Math.min(second, dramInputBytes)
  const inputBytes = isConstant ? dramInputBytes : dramInputBytes - weightBytes
  if (shape.kind === 'recurrent') {
    // Every step needs all weights; only what stays in SRAM is not fetched again.
    const steps = weightBytes > memory.sramBytes * memory.residentFraction ? shape.inHeight : 1
    return { inputLoads: 1, weightLoads: steps, inputBytes, weightBytes }
  }
  if (inputBytes === 0) return { inputLoads: 1, weightLoads: 1, inputBytes, weightBytes }
  const parts = isConstant ? groups : shape.batch
  const free = memory.sramBytes - (shape.outputBytes - dramOutputBytes)
  const buffer = Math.max(1, memory.doubleBuffered === false ? free : free / 2)
  const strip = (inputBytes / (shape.batch * groups)) * Math.min(1, shape.kernelHeight / shape.inHeight)
  const filter = weightBytes / parts / outChannels
  // A strip or a filter over half the buffer is cut itself.
  const weightRoom = Math.max(buffer - strip, buffer / 2)
  const inputRoom = Math.max(buffer - filter, buffer / 2)
  const chunks = Math.ceil(weightBytes / parts / weightRoom)
  const strips = Math.ceil(inputBytes / parts / inputRoom)
  const inputAgain = inputBytes * (chunks - 1)
  const weightsAgain = weightBytes * (strips - 1)
  return inputAgain <= weightsAgain
    ? { inputLoads: Math.max(1, chunks), weightLoads: 1, inputBytes, weightBytes }
    : { inputLoads: 1, weightLoads: strips, inputBytes, weightBytes }
}
