import type { Node } from '../../ir/graph.js'
import type { Patch } from '../../ir/patch.js'
import { definePass, isSkip, type Rewrite, type Skip, skip } from '../define.js'
import { bypass } from './bypass.js'
import { channelAffine, spread } from './channel-affine.js'
import {
  isSharedWeight,
  type LinearLayer,
  linearLayer,
  type NewWeights,
  roundedWeights,
  setWeights,
} from './linear-layer.js'

/**
 * s (W x + b) + t = (s W) x + (s b + t), per output channel: BatchNormalization, Mul, Div, Add, Sub by constants behind a
 * Conv, ConvTranspose, Gemm or MatMul go into its weight and bias. One pass for each operator that is folded away.
 */
function foldInto(node: Node): Rewrite | Skip | null {
  const producers = node.inputs.flatMap((input) => (input?.producer === undefined ? [] : [input.producer]))
  const layerNode = producers.find((producer) => linearLayer(producer) !== undefined)
  const layer = layerNode === undefined ? undefined : linearLayer(layerNode)
  if (layer === undefined) return null
  const affine = channelAffine(node, layer.axis, layer.rank)
  if (affine === null) return null
  if (isSkip(affine)) return affine
  if (affine.input.producer !== layer.node) return null
  if (affine.input.soleUser !== node) return skip('shared-value', node, 'none: the convolution has other consumers')
  const scale = spread(affine.scale, layer.channels)
  const shift = spread(affine.shift, layer.channels)
  if (scale === undefined || shift === undefined) return null
  const isGemm = !layer.takesBias && !affine.isScaleOnly
  if (isGemm && (layer.rank !== 2 || (node.graph.opsets.get('') ?? 0) < 7 || layer.node.graph !== node.graph))
    return null
  const isShiftOnly = scale.every((value) => value === 1)
  if (!isShiftOnly && isSharedWeight(layer.node.inputs[1], layer.weight))
    return skip('shared-weight', node, 'none: other layers take the same weight, which would have to be copied')
  const hasBias = layer.node.inputs[2] !== undefined || !affine.isScaleOnly
  const weights = roundedWeights(
    layer,
    isShiftOnly ? undefined : layer.scaledWeight(scale),
    hasBias ? layer.bias.map((value, i) => value * scale[i]! + shift[i]!) : undefined,
  )
  if (weights === undefined) return skip('overflow', node, 'none: the scaled weights do not fit their dtype')
  if (isGemm) return (patch) => toGemm(patch, node, layer, weights)
  const rewrite = bypass(node, affine.input)
  if (typeof rewrite !== 'function') return rewrite
  return (patch) => {
    setWeights(patch, layer, weights)
    rewrite(patch)
  }
}

/** A MatMul of matrices has no bias of its own: Gemm has. */
function toGemm(patch: Patch, node: Node, { node: matmul }: LinearLayer, { weight, bias }: NewWeights): void {
  const { name } = matmul.inputs[1]!
  const inputs = [
    matmul.inputs[0],
    weight === undefined ? matmul.inputs[1] : patch.constant(node.graph, weight, name),
    patch.constant(node.graph, bias!, `${name}_bias`),
  ]
  const gemm = patch.insertBefore(node, { opType: 'Gemm', inputs, from: [node, matmul] })
  patch.replaceNode(node, gemm.outputs[0]!)
}

export const foldBatchNormalization = definePass({
  id: 'fold-batch-normalization',
  kind: 'rounding',
  rule: 'BN(W x + b) = (W s) x + ((b - mean) s + beta), s = gamma / sqrt(variance + epsilon), per output channel',
  example: ['y = BatchNormalization(Conv(x, w), g, b, m, v)', "y = Conv(x, w', b')"],
  roots: ['BatchNormalization'],
  match: foldInto,
})

export const foldScale = definePass({
  id: 'fold-scale',
  kind: 'rounding',
  rule: '(W x + b) s = (W s) x + b s, per output channel',
  example: ['y = Mul(Conv(x, w), s)', "y = Conv(x, w')"],
  roots: ['Mul', 'Div'],
  match: foldInto,
})

export const foldBias = definePass({
  id: 'fold-bias',
  kind: 'rounding',
  rule: '(W x + b) + t = W x + (b + t), per output channel',
  example: ['y = Add(Conv(x, w), t)', 'y = Conv(x, w, t)'],
  roots: ['Add', 'Sub'],
  match: foldInto,
})
