import type { Model, Node } from '../../ir/graph.js'
import { attr, Patch } from '../../ir/patch.js'
import { convolutionLayer, layerTensors } from '../convolution-layer.js'
import { nodeName } from './block.js'
import type { Correspondence } from './correspondence.js'
import type { ConvolutionAlternative, ConvolutionDecision } from './decision.js'
import { type Declined, declined, isDeclined } from './declined.js'
import { densified } from './layer-groups.js'
import { type ChainProduct, chainProduct, type LinearChain, replaceStages } from './linear-chain.js'
import { type LinearStage, layerOfStage, stageOf } from './linear-stage.js'
import { nearNames } from './near-names.js'
import { resizedKernel } from './resized-kernel.js'
import { type Rewritten, rewrittenLayers } from './rewritten.js'
import { rowColumn } from './row-column.js'
import { sourceConvolution } from './source-convolution.js'
import { overBlocks } from './space-to-depth.js'
import { stackedKernels, whyNotStacked } from './stacked-kernels.js'

/** Energy of weights up to which a decomposition is the same function: rounding of float32, squared. */
const negligibleShare = 1e-12

/** Gives a convolution another form. The model is as it was where the decision is declined. Types are inferred. */
export function applyConvolution(
  model: Model,
  decision: ConvolutionDecision,
  correspondence: Correspondence,
): Rewritten | Declined {
  const node = convolutionNamed(model, decision.node)
  if (isDeclined(node)) return node
  const stage = stageOf(node)
  if (stage.output.isPinned)
    return declined('pinned-value', `"${stage.output.name}"`, 'export the model without annotations of it')
  const patch = new Patch(model)
  if (decision.alternative === 'space-to-depth') return toBlocks(patch, stage, correspondence)
  const plan = planOf(stage, decision)
  if (isDeclined(plan)) return plan
  const nodes = replaceStages(patch, plan.stages, plan.layers, correspondence)
  return isDeclined(nodes) ? nodes : rewrittenLayers(plan.losses, nodes, correspondence)
}

/** Alternatives that a convolution can become, as far as its form allows: not whether they pay. */
export function convolutionAlternatives(node: Node): ConvolutionAlternative[] {
  const stage = stageOf(node)
  const layer = layerOfStage(stage)
  if (layer === undefined || stage.output.isPinned) return []
  const place = node.label
  const has: Readonly<Record<ConvolutionAlternative, () => boolean>> = {
    standard: () => layer.group > 1,
    'merged-with-previous': () => !isDeclined(previousChain(stage)),
    'space-to-depth': () => !isDeclined(overBlocks(layer, node.inputs[0]!, place)),
    'row-column': () => layer.kernel.length === 2 && layer.kernel.every((taps) => taps > 1),
    stacked: () => whyNotStacked(layer, place) === undefined,
    kernel: () =>
      layer.kernel.some((taps) => taps > defaultTaps) && !isDeclined(resizedKernel(layer, defaultTaps, 1, place)),
  }
  return (Object.keys(has) as ConvolutionAlternative[]).filter((alternative) => has[alternative]())
}

const defaultTaps = 3

interface Plan {
  readonly stages: readonly LinearStage[]
  readonly layers: readonly ChainProduct['layer'][]
  readonly losses: readonly string[]
}

function planOf(stage: LinearStage, decision: ConvolutionDecision): Plan | Declined {
  const place = stage.convolution.label
  if (decision.alternative === 'merged-with-previous') {
    const chain = previousChain(stage)
    if (isDeclined(chain)) return chain
    const product = chainProduct(chain)
    return isDeclined(product) ? product : { stages: chain.stages, layers: [product.layer], losses: product.losses }
  }
  const layer = layerOfStage(stage)
  if (layer === undefined) return declined('not-constant', place, 'fold its weights first, and bind symbolic sizes')
  const stages = [stage]
  switch (decision.alternative) {
    case 'kernel': {
      const resized = resizedKernel(layer, decision.kernel ?? defaultTaps, decision.dilation ?? 1, place)
      return isDeclined(resized) ? resized : { stages, layers: [resized.layer], losses: resized.losses }
    }
    case 'row-column': {
      const parts = rowColumn(layer, decision.rank, place)
      if (isDeclined(parts)) return parts
      return { stages, layers: [parts.column, parts.row], losses: lossOf(parts.lostShare) }
    }
    case 'stacked': {
      const why = whyNotStacked(layer, place)
      if (why !== undefined) return why
      const { layers, lostShare } = stackedKernels(layer)
      return { stages, layers, losses: lossOf(lostShare) }
    }
    default:
      if (layer.group === 1) return declined('one-group', place, 'none: it is a standard convolution')
      return { stages, layers: [densified(layer)], losses: [] }
  }
}

const lossOf = (share: number): string[] =>
  share <= negligibleShare ? [] : [`lacks ${(100 * share).toPrecision(3)} % of the weights' energy`]

/** A convolution and the one that everything it takes comes from. */
function previousChain(stage: LinearStage): LinearChain | Declined {
  const { convolution } = stage
  const source = sourceConvolution(convolution.inputs[0]!)
  if (source === undefined)
    return declined('no-previous', convolution.label, 'none: what it takes is no function of one convolution')
  if (source.squeezeExcite.length > 0)
    return declined('squeeze-excite', convolution.label, 'none: the gates in between depend on the data')
  if (convolutionLayer(source.stage.convolution)?.kernel.length !== convolutionLayer(convolution)?.kernel.length)
    return declined('not-constant', source.stage.convolution.label, 'fold its weights first')
  return { stages: [source.stage, stage], activations: [source.activation] }
}

function toBlocks(patch: Patch, stage: LinearStage, correspondence: Correspondence): Rewritten | Declined {
  const { convolution } = stage
  const input = convolution.inputs[0]!
  const layer = layerOfStage(stage)
  if (layer === undefined) return declined('not-constant', convolution.label, 'fold its weights first')
  const blocked = overBlocks(layer, input, convolution.label)
  if (isDeclined(blocked)) return blocked
  if (layerTensors(blocked) === undefined)
    return declined('overflow', convolution.label, 'none: the scaled weights do not fit their dtype')
  const attributes = { blocksize: attr.int(layer.strides[0]!) }
  const rearranged = patch.insertBefore(convolution, {
    opType: 'SpaceToDepth',
    inputs: [input],
    attributes,
    from: [convolution],
  })
  const blocks = rearranged.outputs[0]!
  correspondence.forget(blocks)
  const nodes = replaceStages(patch, [stage], [blocked], correspondence, blocks)
  return isDeclined(nodes) ? nodes : rewrittenLayers([], nodes, correspondence)
}

/** The convolution that a decision names. */
export function convolutionNamed(model: Model, name: string): Node | Declined {
  const nodes = [...model.graph.nodes()].filter((node) => node.is('Conv'))
  const found = nodes.find((node) => nodeName(node) === name) ?? nodes.find((node) => node.outputs[0]?.name === name)
  if (found !== undefined) return found
  const near = nearNames(name, nodes.map(nodeName))
  return declined('unknown-convolution', `"${name}"`, near === '' ? 'none' : `name a convolution: ${near}`)
}
