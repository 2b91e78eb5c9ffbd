import type { Model, Node } from '../ir/graph.js'
import { alternativesOf } from '../passes/architecture/apply-block.js'
import { convolutionAlternatives } from '../passes/architecture/apply-convolution.js'
import { type Block, nodeName, nodesOf } from '../passes/architecture/block.js'
import { type ChannelGroup, channelGroups } from '../passes/architecture/channel-groups.js'
import type { ConvolutionDecision, Decision } from '../passes/architecture/decision.js'
import { findBlocks } from '../passes/architecture/find-blocks.js'
import { convolutionGeometry } from '../passes/convolution-layer.js'
import { multipliers, resolutions } from './scaled-models.js'

/** What of a model could be decided on, and every decision by itself that is worth a look. */
export interface Alternatives {
  readonly blocks: readonly Block[]
  readonly groups: readonly ChannelGroup[]
  readonly decisions: readonly Decision[]
}

/**
 * Blocks in every form they can have, fused ones also with the middle at whole steps of the target's lanes, grouped ones also
 * with as many groups as still fill them; convolutions outside blocks in every form; groups at the next sizes below and above
 * that leave no lane idle; all channels and images made smaller. `widthStep`: channels between sizes that leave no lane idle.
 */
export function alternatives(model: Model, widthStep: number): Alternatives {
  const blocks = findBlocks(model)
  const groups = channelGroups(model)
  const decisions = [
    ...blocks.flatMap((block) => ofBlock(block, widthStep)),
    ...convolutionsOutside(model, blocks).flatMap(formsOfConvolution),
    ...groups.filter(({ pinned }) => pinned === undefined).flatMap((group) => ofGroup(group, widthStep)),
    ...multipliers(groups, widthStep),
    ...resolutions(model),
  ]
  return { blocks, groups, decisions }
}

function ofBlock(block: Block, widthStep: number): Decision[] {
  const named = { kind: 'block', block: block.index ?? block.name } as const
  return alternativesOf(block).flatMap((alternative): Decision[] => {
    if (alternative === 'grouped') {
      const groups = mostGroups(block, widthStep)
      return [{ ...named, alternative }, ...(groups > 2 ? [{ ...named, alternative, groups }] : [])]
    }
    if (alternative !== 'fused') return [{ ...named, alternative }]
    const { middle, out } = block.sizes
    // Fewer channels than come out of the block would be a bottleneck of another kind.
    const sizes = [0.5, 0.75, 1].map((share) => Math.round((share * middle) / widthStep) * widthStep)
    const narrower = new Set(sizes.filter((size) => size < middle && size >= out))
    return [{ ...named, alternative }, ...[...narrower].map((size) => ({ ...named, alternative, middle: size }))]
  })
}

/** Of the fused convolution, the most groups with whole steps of channels in each, where they come in and where they go out. */
function mostGroups({ sizes }: Block, widthStep: number): number {
  const fits = (channels: number, groups: number) => channels % (groups * widthStep) === 0
  let groups = Math.floor(sizes.in / widthStep)
  while (groups > 1 && !(fits(sizes.in, groups) && fits(sizes.middle, groups))) groups -= 1
  return groups
}

/** Convolutions that are in no block. */
export function convolutionsOutside(model: Model, blocks: readonly Block[]): Node[] {
  const inside = new Set(blocks.flatMap(nodesOf))
  return [...model.graph.nodes()].filter((node) => !inside.has(node) && convolutionGeometry(node) !== undefined)
}

/** A convolution in every form that it can have. */
export const formsOfConvolution = (node: Node): ConvolutionDecision[] =>
  convolutionAlternatives(node).map((alternative) => ({ kind: 'convolution', node: nodeName(node), alternative }))

function ofGroup({ name, size, granularity }: ChannelGroup, widthStep: number): Decision[] {
  const below = (Math.ceil(size / widthStep) - 1) * widthStep
  const above = Math.ceil(size / widthStep) * widthStep
  return [below, above]
    .filter((to) => to > 0 && to !== size && to % granularity === 0)
    .map((to) => ({ kind: 'width', group: name, size: to }))
}
