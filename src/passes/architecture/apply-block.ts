import { shapesEqual } from '../../ir/dim.js'
import type { Model, Value } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { type Block, nodesOf } from './block.js'
import { channelGroups, groupsOf } from './channel-groups.js'
import type { Correspondence } from './correspondence.js'
import type { BlockAlternative, BlockDecision } from './decision.js'
import { type Declined, declined, isDeclined } from './declined.js'
import { groupConvolution, whyNotGrouped } from './group-convolution.js'
import type { ChannelScores } from './importance.js'
import { densified } from './layer-groups.js'
import { chainProduct, type LinearChain, replaceStages } from './linear-chain.js'
import type { LinearStage } from './linear-stage.js'
import { type Rewritten, rewrittenLayers } from './rewritten.js'
import { applyWidth, planWidth, type WidthOptions } from './set-width.js'

/** Groups of a grouped convolution when nobody says how many. */
const defaultGroups = 2

/**
 * Gives a block another form. Weights come from algebra alone: the product of the linear layers, activations between them
 * dropped; a narrower middle keeps the channels that matter most by `scores`, a wider one splits them. `block` has been found
 * in the model as it is now, or in what it was before other blocks of it were rewritten. The model is as it was where the
 * decision is declined.
 */
export function applyBlock(
  model: Model,
  block: Block,
  decision: BlockDecision,
  correspondence: Correspondence,
  scores?: ChannelScores,
): Rewritten | Declined {
  const { alternative, groups = defaultGroups } = decision
  if (!nodesOf(block).every((node) => node.isLive))
    return declined('block-changed', placeOf(block), 'decide on a block once')
  const patch = new Patch(model)
  if (alternative === 'skip') return skipBlock(patch, block)
  const chain = chainOf(block, alternative)
  if (isDeclined(chain)) return chain
  const product = chainProduct(chain)
  if (isDeclined(product)) return product
  const why = whyNotChanged(model, block, decision, chain, product.layer.inChannels)
  if (why !== undefined) return why
  const nodes = replaceStages(patch, chain.stages, [densified(product.layer)], correspondence)
  if (isDeclined(nodes)) return nodes
  const node = nodes[0]!
  const losses = [...product.losses]
  const fitted = [node]
  const output = node.outputs[0]!
  if (decision.middle !== undefined && decision.middle !== block.sizes.middle) {
    setMiddle(model, output, decision.middle, { correspondence, ...(scores && { scores }) })
    if (decision.middle < block.sizes.middle) losses.push(`drops ${block.sizes.middle - decision.middle} channels`)
    if (block.project !== undefined) fitted.push(block.project.convolution)
  }
  if (alternative === 'grouped') {
    groupConvolution(model, node, groups, correspondence)
    losses.push('drops the weights between groups')
  }
  return rewrittenLayers(losses, fitted, correspondence)
}

/** Sizes of the middle and of groups that cannot be; asked before anything changes. */
function whyNotChanged(
  model: Model,
  block: Block,
  { alternative, middle = block.sizes.middle, groups = defaultGroups }: BlockDecision,
  { stages }: LinearChain,
  inChannels: number,
): Declined | undefined {
  const { output } = stages.at(-1)!
  if (output.isPinned) return declined('pinned-value', `"${output.name}"`, 'export the model without annotations of it')
  if (middle !== block.sizes.middle) {
    if (alternative !== 'fused' && alternative !== 'grouped')
      return declined('no-middle', `${placeOf(block)}: ${alternative}`, 'give a middle with fused or grouped only')
    const [group, ...others] = groupsOf(channelGroups(model), output.name)
    if (group === undefined || others.length > 0)
      return declined('no-channel-group', placeOf(block), 'none: its channels do not go together')
    const change = planWidth(group, middle, {})
    if (isDeclined(change)) return change
  }
  return alternative === 'grouped' ? whyNotGrouped(inChannels, middle, groups) : undefined
}

function setMiddle(model: Model, output: Value, size: number, options: WidthOptions): void {
  const change = applyWidth(model, { kind: 'width', group: output.name, size }, options)
  if (isDeclined(change)) throw new Error(`a middle that was allowed is declined: ${change.reason} at ${change.place}`)
}

/** Alternatives that a block can become, as far as its form allows: not whether they pay. */
export const alternativesOf = (block: Block): BlockAlternative[] =>
  alternatives.filter((alternative) =>
    alternative === 'skip'
      ? whyNotSkip(block) === undefined
      : !isDeclined(chainOf(block, alternative)) && (alternative !== 'grouped' || isEven(block)),
  )

const alternatives = ['fused', 'grouped', 'merged', 'skip', 'standard', 'joined'] as const

const isEven = ({ sizes }: Block): boolean => sizes.in % 2 === 0 && sizes.middle % 2 === 0

const placeOf = ({ name }: Block): string => `block "${name}"`

/** The stages that one convolution replaces. */
function chainOf(block: Block, alternative: Exclude<BlockAlternative, 'skip'>): LinearChain | Declined {
  const { expand, depthwise, project, expandActivation, depthwiseActivation, squeezeExcite } = block
  const stages: LinearStage[] = []
  const activations = []
  if (alternative !== 'standard' && alternative !== 'joined') {
    if (expand === undefined)
      return declined('no-expansion', placeOf(block), `none: it is ${block.kind}; take standard or joined`)
    stages.push(expand)
    activations.push(expandActivation)
  }
  stages.push(depthwise)
  if (alternative === 'merged' || alternative === 'joined') {
    if (project === undefined) return declined('no-projection', placeOf(block), 'take standard')
    if (squeezeExcite.length > 0)
      return declined('squeeze-excite', placeOf(block), 'take fused or standard: its gates depend on the data')
    stages.push(project)
    activations.push(depthwiseActivation)
  }
  return { stages, activations }
}

/** Nothing is left of the block but its input. */
function skipBlock(patch: Patch, block: Block): Rewritten | Declined {
  const reason = whyNotSkip(block)
  if (reason !== undefined) return reason
  patch.replaceValue(block.output, block.input)
  patch.collectGarbage(() => false)
  return { kind: 'lossy', why: 'drops what the block adds to its input', fitted: [] }
}

function whyNotSkip(block: Block): Declined | undefined {
  const [before, after] = [dimsOf(block.input.type), dimsOf(block.output.type)]
  if (before === undefined || after === undefined || !shapesEqual(before, after))
    return declined('shapes-differ', placeOf(block), 'none: its output has other sizes than its input')
  if (!Patch.canReplace(block.output, block.input))
    return declined('interface', placeOf(block), 'none: an output of the model cannot be an input of it')
  return undefined
}
