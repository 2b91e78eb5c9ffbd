import type { Pass } from './define.js'
import { mergeCasts } from './exact/merge-casts.js'
import { mergeClips } from './exact/merge-clips.js'
import { joinSplitParts, mergeConcats } from './exact/merge-concats.js'
import { mergeSlices } from './exact/merge-slices.js'
import { mergeTransposes } from './exact/merge-transposes.js'
import { mergeViews } from './exact/merge-views.js'
import { removeDropout } from './exact/remove-dropout.js'
import { removeIdentity } from './exact/remove-identity.js'
import { removeNeutralOperand, removeZeroTerm } from './exact/remove-neutral-operand.js'
import { removeNoOpCast } from './exact/remove-no-op-cast.js'
import { removeNoOpMovement } from './exact/remove-no-op-movement.js'
import { removeNoOpPad } from './exact/remove-no-op-pad.js'
import { removeNoOpResize } from './exact/remove-no-op-resize.js'
import { removeNoOpSlice } from './exact/remove-no-op-slice.js'
import { removeNoOpTranspose } from './exact/remove-no-op-transpose.js'
import { removeRepeatedOperation } from './exact/remove-repeated-operation.js'
import { removeSingleOperand } from './exact/remove-single-operand.js'
import { sinkTranspose } from './exact/sink-transpose.js'
import { transposeToReshape } from './exact/transpose-to-reshape.js'

/** What does nothing goes first: it only hides what the others look for. */
const noOps: readonly Pass[] = [
  removeIdentity,
  removeDropout,
  removeNoOpCast,
  removeNoOpTranspose,
  removeNoOpMovement,
  removeNoOpPad,
  removeNoOpSlice,
  removeNoOpResize,
  removeSingleOperand,
  removeRepeatedOperation,
  removeNeutralOperand,
  removeZeroTerm,
]

/** Neighbours of one kind become one. */
const mergers: readonly Pass[] = [
  mergeTransposes,
  transposeToReshape,
  mergeViews,
  mergeSlices,
  mergeCasts,
  mergeClips,
  joinSplitParts,
  mergeConcats,
  sinkTranspose,
]

/** The exact and rounding passes in their order: what a node is tried with first comes first. */
export const cleanUpPasses: readonly Pass[] = [...noOps, ...mergers]
