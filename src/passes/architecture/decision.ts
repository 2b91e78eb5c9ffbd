/**
 * What may be changed of an architecture. Blocks and groups are named as they are in the model before any decision of the
 * recipe: a block by its place in execution order or its first node's name, a group by the name of any value in it.
 */

/** What an inverted bottleneck, a separable pair or a depthwise convolution by itself can become. */
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
  /**
   * A number counts the inverted bottlenecks with an expansion in execution order, from 0. Separable pairs and depthwise
   * convolutions by themselves have no number: the name of a block's first node (of its output, where nodes have no names).
   * Either this or the signature.
   */
  readonly block?: number | string
  /** What it is made of: finds it in a sibling. */
  readonly signature?: string
  readonly alternative: BlockAlternative
  /** Channels of the fused convolution; default: those of the expansion. */
  readonly middle?: number
  /** Of `grouped`; default: the target's or 2. */
  readonly groups?: number
}

/** What a convolution can become. */
export type ConvolutionAlternative =
  /** One with a single group instead of several. */
  | 'standard'
  /** One with the convolution before it; an activation in between is dropped. */
  | 'merged-with-previous'
  /** Blocks of positions as channels, then stride 1: for strided convolutions of few channels. */
  | 'space-to-depth'
  /** A column, then a row of taps. */
  | 'row-column'
  /** Depthwise 3x3 convolutions in a row instead of one that is larger. */
  | 'stacked'
  /** Another number of taps, or taps further apart. */
  | 'kernel'

export interface ConvolutionDecision {
  readonly kind: 'convolution'
  /** Name of the node, or of its output where nodes have no names. */
  readonly node: string
  readonly alternative: ConvolutionAlternative
  /** Of `kernel`: taps along each spatial axis; default 3. */
  readonly kernel?: number
  /** Of `kernel`: positions from tap to tap; default 1. */
  readonly dilation?: number
  /** Of `row-column`: channels in between, per group; default: half of the multiply-accumulates. */
  readonly rank?: number
}

export interface WidthDecision {
  readonly kind: 'width'
  /** Name of any value in the group. Either this or the signature. */
  readonly group?: string
  /** What it is made of: finds it in a sibling. */
  readonly signature?: string
  readonly size: number
}

/** A width with its group named. */
export type NamedWidthDecision = WidthDecision & { readonly group: string }

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

/** One change of the architecture. Names and indexes are those of the model before the first decision; see docs/recipes.md. */
export type Decision =
  | BlockDecision
  | ConvolutionDecision
  | WidthDecision
  | DepthMultiplierDecision
  | ResolutionDecision

/** A block of the model that a recipe was made for. */
export interface OriginBlock {
  readonly name: string
  readonly signature: string
  /** Among the inverted bottlenecks, from 0. */
  readonly index?: number
}

/** A channel group of the model that a recipe was made for. */
export interface OriginGroup {
  readonly name: string
  readonly signature: string
  /** Channels before any decision. */
  readonly size: number
  /** What it is to blocks, by their names. */
  readonly roles: readonly { readonly block: string; readonly role: 'middle' | 'output' }[]
}

/** What there was to decide on in the model that a recipe was made for, in execution order. */
export interface RecipeOrigin {
  readonly blocks: readonly OriginBlock[]
  readonly groups: readonly OriginGroup[]
}

/** An ordered list of decisions, replayable on a sibling. */
export interface Recipe {
  readonly recipeVersion: 1
  /** For people. */
  readonly description?: string
  /** Lets others begin with it whose blocks and groups have other names. */
  readonly origin?: RecipeOrigin
  readonly decisions: readonly Decision[]
}
