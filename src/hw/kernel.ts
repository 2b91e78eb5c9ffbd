import type { Node, Value } from '../ir/graph.js'
import type { KernelKind, KernelShape } from './shape.js'

/** An activation as a kernel sees it. */
export interface Activation {
  readonly value: Value
  readonly elements: number
  /** In the format the target computes in. */
  readonly bytes: number
}

/** One unit of work of the target: a node and what is fused to it. All sizes are concrete. */
export interface Kernel {
  readonly name: string
  readonly kind: KernelKind
  /** The anchor first, then what runs on its output for free. */
  readonly nodes: readonly Node[]
  readonly macs: number
  readonly weightBytes: number
  readonly inputs: readonly Activation[]
  readonly outputs: readonly Activation[]
  /** What an estimator predicts its latency from. */
  readonly shape: KernelShape
  /** How often it runs: trip counts of loops around it. */
  readonly repeats: number
}
