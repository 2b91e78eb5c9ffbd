import type { ArrayMapping, Kernel } from './kernels.js'
import type { ArrayTarget, Precision } from './target.js'

/** What limits a kernel. */
export type Bound = 'compute' | 'memory' | 'overhead'

export interface KernelCost {
  readonly cycles: number
  readonly computeCycles: number
  readonly memoryCycles: number
  readonly bound: Bound
  /** Useful MACs over what the array could do in the kernel's time; 0 for vector kernels. */
  readonly utilisation: number
  readonly dramBytes: number
  /** Bytes that pass through the SRAM: activations and weights, once each. */
  readonly sramBytes: number
}

/**
 * Cycles of one run of a kernel on a dot-product array. Weights stream from DRAM, double-buffered, so a kernel takes
 * max(compute, DRAM) and a fixed overhead; an activation over the resident part of the SRAM goes to DRAM and back.
 */
export function kernelCost(kernel: Kernel, target: ArrayTarget, precision: Precision): KernelCost {
  const speed = target.precisions[precision] ?? 1
  const computeCycles =
    kernel.mapping === undefined
      ? vectorElements(kernel) / target.vector.elementsPerCycle + kernel.macs / peakMacs(target) / speed
      : arrayCycles(kernel.mapping, target) / speed
  const { sramBytes, residentFraction, dramBytesPerCycle } = target.memory
  const activations = [...kernel.inputs, ...kernel.outputs]
  const spilled = activations.filter(({ bytes }) => bytes > sramBytes * residentFraction)
  const dramBytes = kernel.weightBytes + spilled.reduce((sum, { bytes }) => sum + bytes, 0)
  const memoryCycles = dramBytes / dramBytesPerCycle
  const busy = Math.max(Math.ceil(computeCycles), Math.ceil(memoryCycles))
  const overhead = target.overhead.cyclesPerKernel
  const cycles = busy + overhead
  return {
    cycles,
    computeCycles,
    memoryCycles,
    bound: overhead > busy ? 'overhead' : memoryCycles > computeCycles ? 'memory' : 'compute',
    utilisation: kernel.macs / (cycles * peakMacs(target) * speed),
    dramBytes,
    sramBytes: kernel.weightBytes + activations.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

const peakMacs = ({ array }: ArrayTarget): number => array.inputLanes * array.outputLanes

/**
 * One output position and one tap a cycle, inputLanes x outputLanes channels at a time. Groups with few channels may
 * also run like a depthwise convolution: depthwiseChannels outputs x 1 tap of one input channel a cycle, no reduction.
 */
function arrayCycles(
  { positions, taps, groups, inChannels, outChannels }: ArrayMapping,
  { array }: ArrayTarget,
): number {
  const dense = groups * Math.ceil(inChannels / array.inputLanes) * Math.ceil(outChannels / array.outputLanes)
  const channelwise = inChannels * Math.ceil((groups * outChannels) / array.depthwiseChannels)
  return positions * taps * (groups > 1 ? Math.min(dense, channelwise) : dense)
}

/** The vector unit touches every element of the larger side once. */
function vectorElements({ inputs, outputs }: Kernel): number {
  const sum = (list: Kernel['inputs']) => list.reduce((all, { elements }) => all + elements, 0)
  return Math.max(sum(inputs), sum(outputs))
}
