import type { Bottleneck } from '../estimator/bottleneck.js'
import type { Decision } from '../passes/architecture/decision.js'
import type { PassKind } from '../passes/define.js'
import type { Fidelity } from '../tune/fidelity.js'
import type { DecisionFigures, ModelFacts } from './report.js'

/** What could be changed of a model for a target, and what each change alone is worth and costs; version 1. */
export interface Advice {
  readonly adviceVersion: 1
  readonly model: ModelFacts
  readonly target: { readonly name: string; readonly kind: string; readonly provenance: string }
  /** The model after the exact passes, and with the recipe if there is one: what alternatives are compared with. By the target's rules. */
  readonly base: DecisionFigures
  readonly blocks: readonly AdvisedBlock[]
  readonly groups: readonly AdvisedGroup[]
  /** What changes are made besides, and what each decision of it is worth; left out: none was given. */
  readonly recipe?: AdvisedRecipe
  /** What fidelity was measured on; null: it was not. */
  readonly data: { readonly source: string; readonly samples: number } | null
  /** Best first. */
  readonly alternatives: readonly AdvisedAlternative[]
  /** Alternatives that a block or group does not have. */
  readonly declined: readonly { readonly decision: Decision; readonly reason: string; readonly remedy: string }[]
}

/** A recipe whose decisions are weighed one by one; alternatives are single further changes of what it makes of the model. */
export interface AdvisedRecipe {
  readonly file: string
  /** The model without the recipe. */
  readonly original: DecisionFigures
  /** What losses are: of outputs, measured after a refit, or a proxy by weights. */
  readonly losses: { readonly source: 'measured' | 'proxy'; readonly note: string }
  /** Of the whole recipe; null: not measured. */
  readonly loss: number | null
  readonly decisions: readonly WeighedDecision[]
}

/** A decision of a recipe, and what the recipe comes to without it. */
export interface WeighedDecision {
  readonly decision: Decision
  readonly place: string
  readonly from: string
  readonly to: string
  /** null: without it another decision is not possible, `declined`. */
  readonly without: (DecisionFigures & { readonly loss: number | null }) | null
  readonly declined: { readonly reason: string; readonly remedy: string } | null
}

/** A block as recipes name it. */
export interface AdvisedBlock {
  /** Among inverted bottlenecks in execution order; null: another kind of block. */
  readonly index: number | null
  readonly name: string
  readonly signature: string
  readonly kind: string
  /** Channels in, of the depthwise convolution, out. */
  readonly channels: readonly [inputs: number, middle: number, outputs: number]
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
}

/** A channel group as recipes name it. */
export interface AdvisedGroup {
  readonly index: number
  readonly name: string
  readonly signature: string
  readonly size: number
  readonly macs: number
  readonly parameters: number
  /** Why it must keep its size; null: it need not. */
  readonly pinned: string | null
  /** Why what is left does not compute what it did when channels go; null: it does. */
  readonly approximate: string | null
}

/** One change by itself. */
export interface AdvisedAlternative {
  readonly rank: number
  /** As a recipe would have it. */
  readonly decision: Decision
  readonly place: string
  readonly from: string
  readonly to: string
  readonly kind: PassKind
  readonly why: string
  readonly before: DecisionFigures
  readonly after: DecisionFigures
  readonly bottleneck: { readonly before: Bottleneck | null; readonly after: Bottleneck | null }
  readonly fidelity: Fidelity | null
  /** The above in one line. */
  readonly reason: string
}
