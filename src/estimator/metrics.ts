import type { Bound, Unit } from '../hw/cycles/index.js'
import type { KernelKind, Precision } from '../hw/shape.js'

/** What one inference costs on a target. */
export interface Metrics {
  readonly latencyMs: number
  /** Lower and upper bound; equal to the latency where a cycle model gives one figure. */
  readonly latencyMsInterval: readonly [low: number, high: number]
  readonly energyMj: number
  readonly energy: EnergyMetrics
  readonly macs: number
  readonly parameters: number
  /** In the format the target computes in. */
  readonly weightBytes: number
  /** Bytes of activations alive at once, in the planned order and with results written over operands. */
  readonly peakActivationBytes: number
  readonly memory: MemoryMetrics
  /** Weights streamed, and activations that do not stay on the chip. */
  readonly dramBytes: number
  readonly precision: Precision
  /** Sizes that had to be assumed. */
  readonly assumptions: readonly string[]
  readonly kernels: readonly KernelMetrics[]
}

/** What one kernel costs on the target, all its runs together. */
export interface KernelMetrics {
  readonly name: string
  readonly kind: KernelKind
  /** Labels of the nodes it runs. */
  readonly nodes: readonly string[]
  /** Nodes of the model as it was read whose work it does, by name (or `#index OpType`): what kernels are aligned by. */
  readonly origins: readonly string[]
  readonly latencyMs: number
  /** 90 % interval; both ends are the latency where a cycle model gives one figure. */
  readonly latencyMsInterval: readonly [low: number, high: number]
  /** Multiply-accumulates of all its runs. */
  readonly macs: number
  readonly weightBytes: number
  /** Activations read and written and weights, by all runs, wherever they lie. */
  readonly movedBytes: number
  /** What of that goes through DRAM. */
  readonly dramBytes: number
  /** MACs per byte of DRAM traffic; null without either. */
  readonly macsPerDramByte: number | null
  readonly macsPerSecond: number
  /** What runs it; undefined: the target does not tell. */
  readonly unit?: Unit
  /** What limits it. */
  readonly bound: Bound
  /** Useful MACs over what the target could do in its time; 0 where it has none. */
  readonly utilisation: number
  /** Why a predictor knows little of it: nothing like it was measured. Undefined: it does, or a cycle model gave the figure. */
  readonly outOfRange?: readonly string[]
}

/** Arithmetic and data movement of one inference; idle power and control are not in it. */
export interface EnergyMetrics {
  readonly perInferenceMj: number
  readonly macMj: number
  readonly sramMj: number
  readonly dramMj: number
  /** Arithmetic and SRAM over the MACs; null without MACs. */
  readonly onChipPicojoulesPerMac: number | null
  /** Whether that is in the range of products (0.3 to 3 pJ); null where there is no range for the format. */
  readonly plausible: boolean | null
  /** Assumed use. */
  readonly users: number
  readonly inferencesPerUserPerDay: number
  readonly kWhPerDay: number
  /** 365 days. */
  readonly kWhPerYear: number
  /** Where the target's constants are from. */
  readonly source: string
}

/** Activations as planned, and how they fit the SRAM. */
export interface MemoryMetrics {
  readonly peakBytes: number
  /** The kernel at the peak; null without kernels. */
  readonly peakKernel: string | null
  /** No order of the kernels has a lower peak. */
  readonly lowerBoundBytes: number
  /** Whether the peak is that bound. */
  readonly provedOptimal: boolean
  /** The same for the order of the file. */
  readonly givenOrderPeakBytes: number
  readonly reordered: boolean
  /** Results written over an operand. */
  readonly inPlace: number
  /** What offsets without overlap need: at least the peak. */
  readonly arenaBytes: number
  readonly sramBytes: number
  /** The accelerator caches in it; all activations live in DRAM. What fits is said all the same. */
  readonly sramIsCache: boolean
  /** Peak of what stays on the chip; an activation over the resident part of the SRAM lives in DRAM. */
  readonly onChipPeakBytes: number
  /**
   * DRAM traffic of moving out and back what is more than the SRAM holds of that. In no other figure: latency and energy
   * take what stays on the chip to fit.
   */
  readonly overflowBytes: number
  readonly residentWeightBytes: number
  /** Weights brought in for every inference. */
  readonly streamedWeightBytes: number
  /** Whether all activations and the resident weights fit. */
  readonly fitsSram: boolean
  readonly fitsSramWithWeights: boolean
  /** One entry a kernel, in planned order. */
  readonly timeline: readonly MemoryStep[]
}

export interface MemoryStep {
  readonly kernel: string
  /** Activations alive while it runs. */
  readonly liveBytes: number
  readonly onChipBytes: number
  readonly fitsSram: boolean
}
