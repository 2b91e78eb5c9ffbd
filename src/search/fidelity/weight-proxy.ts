import type { Model } from '../../ir/graph.js'
import type { Block } from '../../passes/architecture/block.js'
import { type ChannelGroup, channelGroups } from '../../passes/architecture/channel-groups.js'
import type {
  BlockAlternative,
  ConvolutionDecision,
  Decision,
  ResolutionDecision,
} from '../../passes/architecture/decision.js'
import { isDeclined } from '../../passes/architecture/declined.js'
import { blockOf, findBlocks } from '../../passes/architecture/find-blocks.js'
import { rankedUnits, weightScores } from '../../passes/architecture/importance.js'
import { applyDecisions } from '../../passes/architecture/recipe.js'
import { imageSize } from '../space/image-sizes.js'
import type { Space } from '../space/space.js'
import { type Losses, lossesBy } from './losses.js'

/** A dropped activation counts like this share of the weights of a layer. A guess: nothing was run. */
const activationLoss = 0.1

/** Weights between groups, as a share: what a convolution in two groups does not have. */
const groupingLoss = 0.5

/**
 * Losses for want of data: the share of the weights' energy that goes with the channels of least weight, and a fixed amount for
 * every activation that a block loses. It ranks widths of one group well and says little across blocks;
 * `randomInputLosses` ranks better and takes a forward pass for each option (bench/zero-shot.mjs).
 */
export function weightProxy(model: Model, space: Space): Losses {
  return {
    source: 'proxy',
    note:
      'a proxy, since nothing was measured: the share of weight energy that goes with channels, and ' +
      `${activationLoss} for each activation that is dropped` +
      (space.choices.some(({ kind }) => kind === 'resolution')
        ? ', and ln of the pixels that there were for one that is left'
        : ''),
    of: lossesBy(space, weightLosses(model)),
  }
}

/** The same for any decision on a block, a convolution, a width or the image. */
export function weightLosses(model: Model): (decision: Decision) => number {
  const groups = new Map(channelGroups(model).map((group) => [group.name, energiesByRank(group)]))
  const blocks = findBlocks(model)
  return (decision) => {
    if (decision.kind === 'width') return removedShare(groups.get(decision.group!)!, decision.size)
    if (decision.kind === 'convolution') return convolutionLoss(model, decision)
    if (decision.kind === 'resolution') return pixelLoss(model, decision)
    if (decision.kind !== 'block') throw new Error(`weights say nothing of a ${decision.kind}`)
    return blockLoss(blockOf(blocks, decision.block!)!, decision.alternative)
  }
}

/** Fewer weights in the place of a convolution's, fitted to them, as a share of what they do. */
const factoringLoss = 0.2

/** Squared weights of a group's units, largest first, and how many channels go with each. */
interface RankedEnergies {
  readonly energies: Float64Array
  readonly granularity: number
}

function energiesByRank(group: ChannelGroup): RankedEnergies {
  const scores = weightScores(group)
  return {
    energies: Float64Array.from(rankedUnits(scores), (unit) => scores[unit]! ** 2),
    granularity: group.granularity,
  }
}

function removedShare({ energies, granularity }: RankedEnergies, size: number): number {
  const all = energies.reduce((sum, energy) => sum + energy, 0)
  const kept = energies.subarray(0, size / granularity).reduce((sum, energy) => sum + energy, 0)
  return all === 0 ? 0 : Math.max(0, 1 - kept / all)
}

/**
 * ln of how many pixels there were for one that is left. A guess that was chosen with shapes_ibn in view, where images of 40, 32 and
 * 24 pixels instead of 48 lose 0.26, 0.77 and 2.6 nats, guessed as 0.36, 0.81 and 1.39.
 */
function pixelLoss({ graph }: Model, { input, height, width }: ResolutionDecision): number {
  const size = imageSize(graph.inputs.find(({ name }) => name === input)!)!
  return Math.log((size[0] * size[1]) / (height * width))
}

/** Nothing where the function stays the same. */
function convolutionLoss(model: Model, decision: ConvolutionDecision): number {
  const applied = applyDecisions(model, [decision])
  if (isDeclined(applied)) throw new Error(`a space has a form that is declined: ${applied.reason}`)
  if (applied.kind !== 'lossy') return 0
  return decision.alternative === 'merged-with-previous' ? activationLoss : factoringLoss
}

function blockLoss({ expandActivation, depthwiseActivation }: Block, alternative: BlockAlternative): number {
  const first = expandActivation.length > 0 ? activationLoss : 0
  const second = depthwiseActivation.length > 0 ? activationLoss : 0
  switch (alternative) {
    case 'fused':
      return first
    case 'grouped':
      return first + groupingLoss
    case 'merged':
      return first + second
    case 'joined':
      return second
    case 'standard':
      return 0
    case 'skip':
      return 1
  }
}
