import type { Model, Node } from '../../ir/graph.js'
import { attr, Patch } from '../../ir/patch.js'
import { convolutionLayer, layerTensors } from '../convolution-layer.js'
import { channelGroups, groupOf } from './channel-groups.js'
import { changeUnits } from './channel-surgery.js'
import type { Correspondence } from './correspondence.js'
import { type Declined, declined } from './declined.js'
import { groupedOrder } from './group-assignment.js'
import { groupedLayer } from './layer-groups.js'

/**
 * Gives a dense convolution groups. Its output channels change places first, where nothing pins them, so that the groups keep
 * the most of its weights; `whyNotGrouped` must have nothing against it.
 */
export function groupConvolution(model: Model, node: Node, groups: number, correspondence: Correspondence): void {
  const patch = new Patch(model)
  const output = node.outputs[0]!
  const channels = groupOf(channelGroups(model), output.name)
  const dense = convolutionLayer(node)!
  const isFree = channels !== undefined && channels.pinned === undefined && channels.units === dense.outChannels
  if (isFree) changeUnits(patch, new Map([[channels, { units: groupedOrder(dense, groups) }]]), correspondence)
  const { weight } = layerTensors(groupedLayer(convolutionLayer(node)!, groups))!
  patch.setConstant(node, 1, weight)
  patch.setAttribute(node, 'group', attr.int(groups))
  patch.collectGarbage(() => false)
}

/** Why a convolution between so many channels cannot have so many groups. */
export function whyNotGrouped(inChannels: number, outChannels: number, groups: number): Declined | undefined {
  if (Number.isInteger(groups) && groups > 1 && inChannels % groups === 0 && outChannels % groups === 0)
    return undefined
  return declined(
    'indivisible',
    `${groups} groups of ${inChannels} to ${outChannels} channels`,
    `give groups that divide both: ${commonDivisors(inChannels, outChannels).join(', ') || 'there are none'}`,
  )
}

const commonDivisors = (a: number, b: number): number[] =>
  Array.from({ length: Math.min(a, b) }, (_, i) => i + 1).filter((n) => n > 1 && a % n === 0 && b % n === 0)
