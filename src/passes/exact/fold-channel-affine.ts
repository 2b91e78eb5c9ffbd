import type { Node } from '../../ir/graph.js'
import { definePass, isSkip, type Rewrite, type Skip, skip } from '../define.js'
import { bypass } from './bypass.js'
import { channelAffine, spread } from './channel-affine.js'
import { linearLayer, roundedWeights, setWeights } from './linear-layer.js'

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
  if (!layer.takesBias && !affine.isScaleOnly) return null
  const isShiftOnly = scale.every((value) => value === 1)
  const bias = layer.bias?.map((value, i) => value * scale[i]! + shift[i]!)
  const hadBias = layer.node.inputs[2] !== undefined
  const needsBias = hadBias || !affine.isScaleOnly
  const weights = roundedWeights(layer, layer.scaledWeight(scale), needsBias ? bias : undefined)
  if (weights === undefined) return skip('overflow', node, 'none: the scaled weights do not fit their dtype')
  const rewrite = bypass(node, affine.input)
  if (typeof rewrite !== 'function') return rewrite
  return (patch) => {
    if (isShiftOnly)
      patch.setConstant(
        layer.node,
        2,
        weights.bias!,
        layer.node.inputs[2]?.name ?? `${layer.node.inputs[1]!.name}_bias`,
      )
    else setWeights(patch, layer, weights.weight, weights.bias)
    rewrite(patch)
  }
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
