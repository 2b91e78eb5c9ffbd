import type { BlockDecision } from '../../passes/architecture/decision.js'

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

/** The form of a block. */
export interface BlockChoice {
  readonly kind: 'block'
  /** Name of the block, for people. */
  readonly block: string
  /** undefined, the first: as it is. */
  readonly decisions: readonly (BlockDecision | undefined)[]
  readonly keep: 0
  /** By option, width choices whose groups it leaves nothing of. */
  readonly gone: readonly (readonly number[])[]
}

/** One thing that a search decides on, with its options. */
export type Choice = WidthChoice | BlockChoice

export const optionCount = (choice: Choice): number =>
  choice.kind === 'width' ? choice.sizes.length : choice.decisions.length
