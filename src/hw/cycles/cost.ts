import type { KernelShape } from '../shape.js'
import { precisionBytes } from '../shape.js'
import type { ArrayTarget } from '../target.js'
import type { MicroblockPlacement } from './microblock/placement.js'

/** What limits a kernel. */
export type Bound = 'compute' | 'memory' | 'overhead'

/** What runs a kernel. */
export type Unit = 'array' | 'vector' | 'host'

/** One run of a kernel. Cycles are of the target's clock. */
export interface KernelCost {
  readonly unit: Unit
  /** Overhead included. */
  readonly cycles: number
  readonly computeCycles: number
  readonly memoryCycles: number
  readonly bound: Bound
  /** Useful MACs over what the array could do in the kernel's time; 0 for kernels without MACs. */
  readonly utilisation: number
  readonly dramBytes: number
  /** Bytes that pass through the SRAM: activations and weights, as often as they are brought there. */
  readonly sramBytes: number
}

/** Where a kernel's activations live: bytes of them that are in DRAM; the rest is in SRAM. */
export interface Placement {
  readonly dramInputBytes: number
  readonly dramOutputBytes: number
  /** What an array of microblocks has to know beside; left out: of a kernel on its own. */
  readonly microblock?: MicroblockPlacement
}

/** Bytes a kernel moves. */
export interface Traffic {
  readonly dramBytes: number
  readonly sramBytes: number
}

/** The largest activation that stays in SRAM, in bytes. */
export const residentBytes = ({ memory }: Pick<ArrayTarget, 'memory'>): number =>
  memory.sramBytes * memory.residentFraction

/** Placement of a kernel whose activations are known one by one: each over the limit is in DRAM. */
export function placementByActivation(
  { inputs, outputs }: Record<'inputs' | 'outputs', readonly { readonly bytes: number }[]>,
  target: Pick<ArrayTarget, 'memory'>,
): Placement {
  const limit = residentBytes(target)
  const inDram = (activations: readonly { readonly bytes: number }[]) =>
    activations.reduce((sum, { bytes }) => sum + (bytes > limit ? bytes : 0), 0)
  return { dramInputBytes: inDram(inputs), dramOutputBytes: inDram(outputs) }
}

/** Placement of a kernel on its own, as in a table: one output, and inputs that are alike. */
export function placementOf(
  { inputBytes, outputBytes, activations }: Pick<KernelShape, 'inputBytes' | 'outputBytes' | 'activations'>,
  target: ArrayTarget,
): Placement {
  const limit = residentBytes(target)
  const inputs = Math.max(1, activations - 1)
  return {
    dramInputBytes: inputBytes / inputs > limit ? inputBytes : 0,
    dramOutputBytes: outputBytes > limit ? outputBytes : 0,
  }
}

/** Elements the vector unit touches: the larger side once. */
export const vectorElements = ({ inputBytes, outputBytes, precision }: KernelShape): number =>
  Math.max(inputBytes, outputBytes) / precisionBytes[precision]

/**
 * Cost from what a unit computes and what moves. Double-buffered, a kernel takes the longest of compute, DRAM and SRAM;
 * otherwise data come first. The overhead is paid once.
 */
export function costOf(
  work: { readonly unit: Unit; readonly computeCycles: number; readonly peakMacs: number },
  { macs }: KernelShape,
  { dramBytes, sramBytes }: Traffic,
  { memory, overhead }: ArrayTarget,
): KernelCost {
  const { unit, computeCycles, peakMacs } = work
  const fromSram = memory.sramBytesPerCycle === undefined ? 0 : sramBytes / memory.sramBytesPerCycle
  const memoryCycles = Math.max(dramBytes / memory.dramBytesPerCycle, fromSram)
  const compute = Math.ceil(computeCycles)
  const moving = Math.ceil(memoryCycles)
  const busy = memory.doubleBuffered === false ? compute + moving : Math.max(compute, moving)
  const cycles = busy + overhead.cyclesPerKernel
  return {
    unit,
    cycles,
    computeCycles,
    memoryCycles,
    bound: overhead.cyclesPerKernel > busy ? 'overhead' : memoryCycles > computeCycles ? 'memory' : 'compute',
    utilisation: macs / (cycles * peakMacs),
    dramBytes,
    sramBytes,
  }
}
