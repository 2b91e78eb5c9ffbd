import type { Target } from '../target.js'
import { overflowBytes } from './overflow.js'
import { liveBytesOf } from './peak.js'
import type { MemoryPlan } from './plan.js'

/** How a plan fits the SRAM of a target. */
export interface SramFit {
  /** Whether the SRAM is a cache of the accelerator and all activations live in DRAM. */
  readonly isCache: boolean
  /** Weights that stay in the SRAM between inferences; the others are streamed every time. */
  readonly residentWeightBytes: number
  /** Whether all activations fit beside the resident weights. */
  readonly fits: boolean
  /** Whether all activations and all weights fit: nothing would have to be streamed. */
  readonly fitsWithWeights: boolean
  /** By step of the plan: bytes alive on the chip. An activation over the resident part of the SRAM lives in DRAM. */
  readonly onChipBytes: readonly number[]
  /** DRAM traffic of moving out and back what is more than the SRAM holds of it. */
  readonly overflowBytes: number
}

export function sramFit(plan: MemoryPlan, weightBytes: number, target: Target): SramFit {
  const { sramBytes, residentFraction } = target.memory
  const mode = target.kind === 'microblock-array' ? target.memory.mode : undefined
  const isCache = mode === 'dedicated-sram'
  const residentWeightBytes = mode === 'sram-only' ? weightBytes : 0
  const limit = isCache ? 0 : sramBytes * residentFraction
  const onChip = Float64Array.from(plan.buffers, ({ bytes }) => (bytes > limit ? 0 : bytes))
  const onChipBytes = liveBytesOf(plan.sweep, onChip)
  const room = sramBytes - residentWeightBytes
  const overflows = onChipBytes.some((bytes) => bytes > room)
  return {
    isCache,
    residentWeightBytes,
    fits: plan.arenaBytes + residentWeightBytes <= sramBytes,
    fitsWithWeights: plan.arenaBytes + weightBytes <= sramBytes,
    onChipBytes,
    overflowBytes: overflows ? overflowBytes(plan, Math.max(0, room), limit) : 0,
  }
}
