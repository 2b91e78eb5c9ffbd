import type { Bound, Unit } from '../hw/cycles/index.js'
import type { KernelKind } from '../hw/shape.js'

/** What one inference costs on a target. */
export interface Metrics {
  readonly latencyMs: number
  /** Lower and upper bound; equal to the latency where a cycle model gives one figure. */
  readonly latencyMsInterval: readonly [low: number, high: number]
  readonly energyMj: number
  readonly macs: number
  readonly parameters: number
  /** In the format the target computes in. */
  readonly weightBytes: number
  readonly peakActivationBytes: number
  readonly dramBytes: number
  readonly precision: string
  /** Sizes that had to be assumed. */
  readonly assumptions: readonly string[]
  readonly kernels: readonly KernelMetrics[]
}

export interface KernelMetrics {
  readonly name: string
  readonly kind: KernelKind
  /** Labels of the nodes it runs. */
  readonly nodes: readonly string[]
  readonly latencyMs: number
  /** What runs it; undefined: the target does not tell. */
  readonly unit?: Unit
  /** What limits it. */
  readonly bound: Bound
  /** Useful MACs over what the target could do in its time; 0 where it has none. */
  readonly utilisation: number
}
