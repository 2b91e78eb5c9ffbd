import type { KernelShape } from '../shape.js'
import type { DotProductTarget } from '../target.js'
import { costOf, type KernelCost, type Placement } from './cost.js'
import { type ArrayMapping, mappingOf } from './mapping.js'
import { arrayTraffic } from './tiling.js'
import { vectorCost } from './vector.js'

/** A kernel on lanes along input and output channels. */
export function dotProductCost(shape: KernelShape, target: DotProductTarget, placement: Placement): KernelCost {
  const speed = target.precisions[shape.precision] ?? 1
  const peakMacs = target.array.inputLanes * target.array.outputLanes * speed
  const mapping = mappingOf(shape)
  if (mapping === undefined) return vectorCost(shape, target, placement, peakMacs)
  const computeCycles = laneCycles(mapping, target.array) / speed
  const traffic = arrayTraffic(shape, mapping, placement, target)
  return costOf({ unit: 'array', computeCycles, peakMacs }, shape, traffic, target)
}

/**
 * One output position and one tap a cycle, inputLanes x outputLanes channels at a time. Groups with few channels may
 * also run like a depthwise convolution: depthwiseChannels outputs x 1 tap of one input channel a cycle, no reduction.
 */
export function laneCycles(
  { positions, taps, groups, inChannels, outChannels }: ArrayMapping,
  array: DotProductTarget['array'],
): number {
  const dense = groups * Math.ceil(inChannels / array.inputLanes) * Math.ceil(outChannels / array.outputLanes)
  const channelwise = inChannels * Math.ceil((groups * outChannels) / array.depthwiseChannels)
  return positions * taps * (groups > 1 ? Math.min(dense, channelwise) : dense)
}
