import { placementByActivation } from './cycles/cost.js'
import type { Placement } from './cycles/index.js'
import { microblockResidency } from './cycles/microblock/residency.js'
import type { Kernel } from './kernels.js'
import type { ArrayTarget } from './target.js'

/**
 * Where the activations of a graph live between its kernels: one over the resident part of the SRAM goes to DRAM and
 * back, any other stays in SRAM from the kernel that makes it to the last that reads it.
 */
export function residency(kernels: readonly Kernel[], target: ArrayTarget): Placement[] {
  const microblock = target.kind === 'microblock-array' ? microblockResidency(kernels, target) : []
  return kernels.map((kernel, i) => ({
    ...placementByActivation(kernel, target),
    ...(microblock[i] !== undefined && { microblock: microblock[i] }),
  }))
}
