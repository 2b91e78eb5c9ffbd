import type { Pass } from './define.js'
import { constantToInitializer } from './exact/constant-to-initializer.js'
import { dropOverridableInputs } from './exact/drop-overridable-inputs.js'
import { dropZeroState } from './exact/drop-zero-state.js'
import { eliminateCommonSubexpressions } from './exact/eliminate-common-subexpressions.js'
import { foldBatchNormalization, foldBias, foldScale } from './exact/fold-channel-affine.js'
import { foldConstants } from './exact/fold-constants.js'
import { foldInputAffine } from './exact/fold-input-affine.js'
import { foldShapes } from './exact/fold-shapes.js'
import { inlineConstantIf } from './exact/inline-constant-if.js'
import { inlineFunctions } from './exact/inline-functions.js'
import { matmulAddToGemm, transposeIntoGemm } from './exact/matmul-add-to-gemm.js'
import { mergeCasts } from './exact/merge-casts.js'
import { mergeChannelAffines } from './exact/merge-channel-affines.js'
import { mergeClips } from './exact/merge-clips.js'
import { joinSplitParts, mergeConcats } from './exact/merge-concats.js'
import { mergeConstantOperands } from './exact/merge-constant-operands.js'
import { mergeDuplicateInitializers } from './exact/merge-duplicate-initializers.js'
import { mergeLinearConvolutions } from './exact/merge-linear-convolutions.js'
import { mergeSlices } from './exact/merge-slices.js'
import { mergeTransposes } from './exact/merge-transposes.js'
import { mergeViews } from './exact/merge-views.js'
import { padIntoWindow } from './exact/pad-into-window.js'
import { recogniseClip } from './exact/recognise-clip.js'
import { recogniseMish, recogniseSilu } from './exact/recognise-gated.js'
import { recogniseGelu } from './exact/recognise-gelu.js'
import { recogniseGroupNormalization } from './exact/recognise-group-normalization.js'
import { recogniseHardSigmoid, recogniseHardSwish } from './exact/recognise-hard-swish.js'
import { recogniseLayerNormalization } from './exact/recognise-layer-normalization.js'
import { removeDeadCode } from './exact/remove-dead-code.js'
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
import { simplifyReshapeTarget } from './exact/simplify-reshape-target.js'
import { sinkTranspose } from './exact/sink-transpose.js'
import { slicesToSplit } from './exact/slices-to-split.js'
import { transposeToReshape } from './exact/transpose-to-reshape.js'

/** What is known before anything runs. */
const constants: readonly Pass[] = [
  constantToInitializer,
  inlineConstantIf,
  inlineFunctions,
  foldShapes,
  simplifyReshapeTarget,
]

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
  slicesToSplit,
  mergeCasts,
  mergeClips,
  joinSplitParts,
  mergeConcats,
  sinkTranspose,
]

/** Arithmetic with constants goes into the weights next to it, and formulas become the operator they spell. */
const algebra: readonly Pass[] = [
  dropZeroState,
  padIntoWindow,
  foldBatchNormalization,
  foldScale,
  foldBias,
  matmulAddToGemm,
  transposeIntoGemm,
  mergeChannelAffines,
  foldInputAffine,
  mergeConstantOperands,
  recogniseClip,
  recogniseHardSwish,
  recogniseHardSigmoid,
  recogniseGelu,
  recogniseSilu,
  recogniseMish,
  recogniseLayerNormalization,
  recogniseGroupNormalization,
  mergeLinearConvolutions,
]

/** Looks at the whole model, each time local passes have come to rest. */
const sweeps: readonly Pass[] = [
  dropOverridableInputs,
  removeDeadCode,
  foldConstants,
  mergeDuplicateInitializers,
  eliminateCommonSubexpressions,
]

/** The exact and rounding passes in their order: what a node is tried with first comes first. */
export const cleanUpPasses: readonly Pass[] = [...constants, ...noOps, ...mergers, ...algebra, ...sweeps]
