import type { KernelShape } from '../shape.js'
import type { ArrayTarget } from '../target.js'
import { type KernelCost, type Placement, placementOf } from './cost.js'
import { dotProductCost } from './dot-product.js'
import { hostCost, runsOnHost } from './host.js'
import { lonePlacement, microblockCost } from './microblock/cost.js'
import { systolicCost } from './systolic.js'

export type { Bound, KernelCost, Placement, Unit } from './cost.js'
export { placementOf } from './cost.js'

/**
 * Cycles of one run of a kernel on a target with a cycle model. `placement` says which activations are in DRAM; left
 * out, the kernel is one of a table, and the sizes of its input and output decide.
 */
export function kernelCost(
  shape: KernelShape,
  target: ArrayTarget,
  placement: Placement = placementOf(shape, target),
): KernelCost {
  if (target.host !== undefined && runsOnHost(shape, target.host)) return hostCost(shape, target.host)
  switch (target.kind) {
    case 'dot-product-array':
      return dotProductCost(shape, target, placement)
    case 'systolic-array':
      return systolicCost(shape, target, placement)
    case 'microblock-array':
      return microblockCost(shape, target, placement.microblock ?? lonePlacement(shape, target, placement))
  }
}

/** Milliseconds of that many cycles. */
export const millisecondsOf = (cycles: number, { clockGHz }: ArrayTarget): number => cycles / (clockGHz * 1e6)
