import type { Node } from '../../ir/graph.js'
import type { PassKind } from '../define.js'

/** What a decision did to a model. */
export interface Rewritten {
  /** exact: the same bits. rounding: the same function, summed in another order. lossy: another function. */
  readonly kind: PassKind
  /** Why it is of that kind, in words. */
  readonly why: string
  /** Linear layers with new weights, in execution order, and what each is to compute of the original. */
  readonly fitted: readonly FittedLayer[]
}

export interface FittedLayer {
  readonly node: Node
  /** Name of the value of the original that its output stands for. */
  readonly target: string
}
