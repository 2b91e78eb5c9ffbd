import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import type { Patch } from '../../ir/patch.js'
import { borderReason, composeConvolutions } from '../compose-convolutions.js'
import { type ConvolutionLayer, layerAttributes, layerTensors } from '../convolution-layer.js'
import type { Activation } from './block.js'
import { activationText } from './block-signature.js'
import type { Correspondence } from './correspondence.js'
import { type Declined, declined } from './declined.js'
import { affineOf, type LinearStage, layerOfStage, withAffines } from './linear-stage.js'

/** Stages one after the other, and what lies behind each but the last. */
export interface LinearChain {
  readonly stages: readonly LinearStage[]
  readonly activations: readonly Activation[]
}

/** A chain as one convolution. */
export interface ChainProduct {
  readonly layer: ConvolutionLayer
  /** Why it is not the same function; none: it is. */
  readonly losses: readonly string[]
}

/** The product of a chain's stages, activations in between dropped. */
export function chainProduct({ stages, activations }: LinearChain): ChainProduct | Declined {
  const losses: string[] = []
  let product: ConvolutionLayer | undefined
  for (const [i, stage] of stages.entries()) {
    const layer = layerOfStage(stage)
    if (layer === undefined) return notConstant(stage.convolution)
    if (product === undefined) {
      product = layer
      continue
    }
    const before = withoutActivation(product, stages[i - 1]!.output, activations[i - 1]!)
    losses.push(...before.losses)
    const reason = borderReason(before.layer, layer)
    if (reason !== undefined) losses.push(borderTexts[reason])
    product = composeConvolutions(before.layer, layer)
  }
  return { layer: product!, losses }
}

const borderTexts: Readonly<Record<NonNullable<ReturnType<typeof borderReason>>, string>> = {
  'padding-shows-bias': 'the padding is zero where the product has the bias of the first: not the same at the border',
  'padding-shows-window': 'the padding is zero where the product has a partial window: not the same at the border',
}

const notConstant = (node: Node): Declined =>
  declined('not-constant', node.label, 'fold its weights first, and bind symbolic sizes that its padding depends on')

/** The layer with an activation behind it dropped; what is linear by channel in a plain sequence of nodes stays. */
function withoutActivation(layer: ConvolutionLayer, output: Value, activation: Activation): ChainProduct {
  const dropped: Node[] = []
  const kept: Node[] = []
  let value = output
  for (const node of activation) {
    const computed = node.inputs.filter((input) => input !== undefined && constantOf(input) === undefined)
    if (computed.length !== 1 || computed[0] !== value) return { layer, losses: [drops(activation)] }
    const isAffine = affineOf(node, value) !== undefined
    ;(isAffine ? kept : dropped).push(node)
    value = node.outputs[0]!
  }
  return { layer: withAffines(layer, kept), losses: dropped.length === 0 ? [] : [drops(dropped)] }
}

const drops = (nodes: readonly Node[]): string => `drops the activation ${activationText(nodes)}`

/**
 * Puts convolutions, one after the other, in the place of stages that follow each other: what took the output of the last stage
 * takes that of the last convolution, which stands for the same. Nodes that lost their use go. `input`: what the first
 * convolution takes, by default what the first stage took. Gives the new nodes.
 */
export function replaceStages(
  patch: Patch,
  stages: readonly LinearStage[],
  layers: readonly ConvolutionLayer[],
  correspondence: Correspondence,
  input: Value = stages[0]!.convolution.inputs[0]!,
): Node[] | Declined {
  const last = stages.at(-1)!
  const tensors = layers.map(layerTensors)
  if (tensors.includes(undefined))
    return declined('overflow', last.convolution.label, 'none: the product of the weights does not fit their dtype')
  const { name } = last.convolution.inputs[1]!
  const { graph } = last.convolution
  const old = stages.flatMap(({ convolution, affines }) => [convolution, ...affines]).reverse()
  const nodes: Node[] = []
  for (const [i, layer] of layers.entries()) {
    const node: Node = patch.insertBefore(old[0]!, {
      opType: 'Conv',
      inputs: [
        nodes.at(-1)?.outputs[0] ?? input,
        patch.constant(graph, tensors[i]!.weight, name),
        patch.constant(graph, tensors[i]!.bias, `${name}_bias`),
      ],
      attributes: layerAttributes(layer),
      from: old,
    })
    nodes.push(node)
    correspondence.forget(node.outputs[0]!)
  }
  const output = nodes.at(-1)!.outputs[0]!
  correspondence.replace(last.output, output)
  const isInner = !last.output.isGraphOutput
  patch.replaceValue(last.output, output)
  // Later decisions find it under the name they know.
  if (isInner) patch.exchangeNames(last.output, output)
  patch.collectGarbage(() => false)
  return nodes
}
