/**
 * What may be changed of an architecture. Blocks and groups are named as they are in the model before any decision of the
 * recipe: a block by its place in execution order or its first node's name, a group by the name of any value in it.
 */

/** What an inverted bottleneck (or a depthwise convolution by itself) can become. */
export type BlockAlternative =
  /** One KxK convolution instead of expand and depthwise. */
  | 'fused'
  /** The same with groups: `groups` of the KxK convolution. */
  | 'grouped'
  /** The whole block as one dense KxK convolution. */
  | 'merged'
  /** Nothing but the residual path. */
  | 'skip'
  /** The depthwise convolution as a standard one, the rest as it is. */
  | 'standard'
  /** Depthwise and pointwise convolution as one standard one. */
  | 'joined'

export interface BlockDecision {
  readonly kind: 'block'
  /** Index in execution order, or the name of its first node. Either this or the signature. */
  readonly block?: number | string
  /** What it is made of: finds it in a sibling. */
  readonly signature?: string
  readonly alternative: BlockAlternative
  /** Channels of the fused convolution; default: those of the expansion. */
  readonly middle?: number
  /** Of `grouped`; default: the target's or 2. */
  readonly groups?: number
}

export interface WidthDecision {
  readonly kind: 'width'
  /** Name of any value in the group. Either this or the signature. */
  readonly group?: string
  /** What it is made of: finds it in a sibling. */
  readonly signature?: string
  readonly size: number
}

export interface DepthMultiplierDecision {
  readonly kind: 'depth-multiplier'
  /** All free groups times this, rounded to multiples of `multipleOf`, or to the target's curated sizes. */
  readonly ratio: number
  readonly multipleOf?: number
}

export interface ResolutionDecision {
  readonly kind: 'resolution'
  /** Name of the graph input. */
  readonly input: string
  readonly height: number
  readonly width: number
}

export type Decision = BlockDecision | WidthDecision | DepthMultiplierDecision | ResolutionDecision

/** An ordered list of decisions, replayable on a sibling. */
export interface Recipe {
  readonly recipeVersion: 1
  /** For people. */
  readonly description?: string
  readonly decisions: readonly Decision[]
}
