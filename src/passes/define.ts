import type { Model, Node } from '../ir/graph.js'
import type { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'

/** exact: same bits or integers. rounding: same real function, reassociated. lossy: only the accuracy gate may pass it. */
export type PassKind = 'exact' | 'rounding' | 'lossy'

/** Why a pass left a place alone. Declining is a result: it is counted and reported. */
export interface Skip {
  readonly skipped: true
  /** Stable, kebab-case: `shared-weight`, `training-mode`. */
  readonly reason: string
  readonly node: Node
  /** What the user could do about it. */
  readonly remedy: string
}

export const skip = (reason: string, node: Node, remedy: string): Skip => ({ skipped: true, reason, node, remedy })

export const isSkip = (result: object): result is Skip => (result as Partial<Skip>).skipped === true

/** Computes constant nodes through the runtime: output values by name, or why it could not. Handed in by the caller. */
export type Evaluator = (nodes: readonly Node[]) => Promise<Map<string, Tensor> | { readonly failure: string }>

/** What passes may ask besides the graph. */
export interface PassContext {
  readonly model: Model
  /** Initializers that are also graph inputs stay overridable. */
  readonly keepOverridable: boolean
  /** Constant folding may add at most this many bytes to the file, all folds together. */
  readonly foldBudgetBytes: number
  /** Runs constant nodes; absent: only what operators evaluate themselves is folded. */
  readonly evaluate?: Evaluator | undefined
  /** Whether the target runs the second list of kernels faster than the first; absent: never asked to trade. */
  readonly isCheaper?: ((before: readonly Node[], after: ConvolutionShape) => boolean) | undefined
}

/** A convolution that a pass proposes, for the target to judge. Static sizes only. */
export interface ConvolutionShape {
  readonly inChannels: number
  readonly outChannels: number
  readonly group: number
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  /** Output sizes, [N, C, spatial...]. */
  readonly outDims: readonly number[]
}

interface PassHead {
  /** Stable id, kebab-case: what the report calls it. */
  readonly id: string
  readonly kind: PassKind
  /** The algebra or rule, in one line. */
  readonly rule: string
  /** Before and after, as text: documentation. */
  readonly example: readonly [before: string, after: string]
}

/** A pattern around one node. The driver calls it for every node whose surroundings changed, until nothing fires. */
export interface LocalPass extends PassHead {
  /** Operators at which the pattern is anchored (standard domain); undefined: any node. */
  readonly roots?: readonly string[] | undefined
  /**
   * Looks at a node and what is around it, and does not change anything. null: not this pattern. Skip: this pattern, but
   * not allowed here. Else a rewrite that has been checked to be legal.
   */
  match(node: Node, context: PassContext): Rewrite | Skip | null
}

/** Performs the change. All checks are done: it cannot decline. */
export type Rewrite = (patch: Patch) => void

/** A look at the whole model: what no single node can tell. Called when local passes have come to rest. */
export interface SweepPass extends PassHead {
  sweep(context: PassContext, patch: Patch, report: SweepReport): Promise<void> | void
}

export interface SweepReport {
  /** Counts one change around `node`; false: the driver (bisecting) does not want any more changes. Ask before changing. */
  fire(place: string): boolean
  skip(skip: Skip): void
}

export type Pass = LocalPass | SweepPass

export const definePass = <P extends Pass>(pass: P): P => pass

export const isSweep = (pass: Pass): pass is SweepPass => 'sweep' in pass
