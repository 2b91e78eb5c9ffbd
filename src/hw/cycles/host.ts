import type { KernelShape } from '../shape.js'
import type { Host } from '../target.js'
import { type KernelCost, vectorElements } from './cost.js'

/** Whether the target leaves a kernel to its host. */
export const runsOnHost = ({ kind, op }: KernelShape, { kinds, operators }: Host): boolean =>
  kinds?.includes(kind) === true ||
  operators.some((name) => (name.endsWith('*') ? op.startsWith(name.slice(0, -1)) : op === name))

/**
 * A kernel that the target cannot run: its activations leave through DRAM, the host computes, results come back. Nothing
 * overlaps, since the target waits; weights are the host's own and in its memory.
 */
export function hostCost(shape: KernelShape, host: Host): KernelCost {
  const moved = shape.inputBytes + shape.outputBytes
  const computeCycles = vectorElements(shape) / host.elementsPerCycle + shape.macs / host.macsPerCycle
  const transferCycles = moved / host.bytesPerCycle
  const cycles = Math.ceil(computeCycles + transferCycles) + host.cyclesPerCall
  return {
    unit: 'host',
    cycles,
    computeCycles,
    memoryCycles: transferCycles,
    bound:
      host.cyclesPerCall > computeCycles + transferCycles
        ? 'overhead'
        : transferCycles > computeCycles
          ? 'memory'
          : 'compute',
    utilisation: 0,
    dramBytes: moved + shape.weightBytes,
    sramBytes: moved,
  }
}
