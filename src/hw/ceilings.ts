import { multipliersOf } from './area.js'
import type { Precision, Target } from './target.js'

/** What no kernel gets past: the roof of a roofline. */
export interface Ceilings {
  readonly macsPerSecond: number
  readonly dramBytesPerSecond: number
  /** Weights of a kernel may arrive while the one before runs: then a kernel by itself can be over what DRAM gives it. */
  readonly prefetches: boolean
}

/** Of a target computing in a format; undefined: its description says nothing of them. */
export function ceilingsOf(target: Target, precision: Precision): Ceilings | undefined {
  if (target.kind === 'measured') return undefined
  const cyclesPerSecond = target.clockGHz * 1e9
  return {
    macsPerSecond: multipliersOf(target) * (target.precisions[precision] ?? 1) * cyclesPerSecond,
    dramBytesPerSecond: target.memory.dramBytesPerCycle * cyclesPerSecond,
    prefetches: target.kind === 'microblock-array',
  }
}
