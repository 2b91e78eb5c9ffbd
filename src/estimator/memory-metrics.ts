import type { Kernel } from '../hw/kernels.js'
import { sramFit } from '../hw/memory/fit.js'
import { type MemoryPlan, planMemory } from '../hw/memory/plan.js'
import type { Target } from '../hw/target.js'
import type { MemoryMetrics } from './metrics.js'

/** What the planned activations of a model take, held against the SRAM of the target. */
export function memoryMetrics(kernels: readonly Kernel[], weightBytes: number, target: Target): MemoryMetrics {
  const plan = planMemory(kernels, { alignBytes: target.memory.alignBytes })
  const { isCache, residentWeightBytes, fits, fitsWithWeights, onChipBytes, overflowBytes } = sramFit(
    plan,
    weightBytes,
    target,
  )
  const { sramBytes } = target.memory
  return {
    peakBytes: plan.peakBytes,
    peakKernel: nameAt(plan, plan.peakStep, kernels),
    lowerBoundBytes: plan.lowerBoundBytes,
    provedOptimal: plan.peakBytes === plan.lowerBoundBytes,
    givenOrderPeakBytes: plan.givenPeakBytes,
    reordered: plan.isReordered,
    inPlace: plan.buffers.filter(({ overwrites }) => overwrites >= 0).length,
    arenaBytes: plan.arenaBytes,
    sramBytes,
    sramIsCache: isCache,
    onChipPeakBytes: onChipBytes.reduce((most, bytes) => Math.max(most, bytes), 0),
    overflowBytes,
    residentWeightBytes,
    streamedWeightBytes: weightBytes - residentWeightBytes,
    fitsSram: fits,
    fitsSramWithWeights: fitsWithWeights,
    timeline: plan.order.map((kernel, step) => ({
      kernel: kernels[kernel]!.name,
      liveBytes: plan.liveBytes[step]!,
      onChipBytes: onChipBytes[step]!,
      fitsSram: plan.liveBytes[step]! + residentWeightBytes <= sramBytes,
    })),
  }
}

const nameAt = ({ order }: MemoryPlan, step: number, kernels: readonly Kernel[]): string | null =>
  kernels[order[step] ?? -1]?.name ?? null
