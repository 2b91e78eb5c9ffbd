import type { BlockDecision, ConvolutionDecision, ResolutionDecision } from '../../passes/architecture/decision.js'

/** Channels of a group. */
export interface WidthChoice {
  readonly kind: 'width'
  /** As recipes name it. */
  readonly group: string
  /** Rising; all of them whole units of the group in every form that its blocks can have. */
  readonly sizes: readonly number[]
  /** Which of them the model has. */
  readonly keep: number
}

/** The form of a block, or of a convolution outside of blocks. */
export type FormChoice = BlockChoice | ConvolutionChoice

export interface BlockChoice extends Forms<BlockDecision> {
  readonly kind: 'block'
  /** Name of the block, for people. */
  readonly block: string
}

export interface ConvolutionChoice extends Forms<ConvolutionDecision> {
  readonly kind: 'convolution'
  /** Name of the node, or of its output. */
  readonly node: string
}

/** Height and width of the image that the model takes. */
export interface ResolutionChoice extends Forms<ResolutionDecision> {
  readonly kind: 'resolution'
  /** Name of the graph input. */
  readonly input: string
}

interface Forms<Decided> {
  /** undefined, the first: as it is. */
  readonly decisions: readonly (Decided | undefined)[]
  readonly keep: 0
  /** By option, width choices whose groups it leaves nothing of. */
  readonly gone: readonly (readonly number[])[]
}

/** One thing that a search decides on, with its options. */
export type Choice = WidthChoice | ResolutionChoice | FormChoice

export const optionCount = (choice: Choice): number =>
  choice.kind === 'width' ? choice.sizes.length : choice.decisions.length
