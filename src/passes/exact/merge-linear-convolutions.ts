import { isStatic } from '../../ir/dim.js'
import { dimsOf } from '../../ir/type.js'
import { borderReason, composeConvolutions, composedGeometry } from '../compose-convolutions.js'
import {
  convolutionGeometry,
  convolutionLayer,
  isPointwise,
  layerAttributes,
  layerTensors,
} from '../convolution-layer.js'
import { definePass, skip } from '../define.js'

/**
 * Two convolutions in a row without anything between are one: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). Exact when one
 * of them is 1x1 with stride 1; a 1x1 in front of a padded one only without bias, since the border sees zeros, not b1.
 * Worth it or not is for the target to say: one dense convolution may have many times the MACs of a depthwise and a
 * pointwise one.
 */
export const mergeLinearConvolutions = definePass({
  id: 'merge-linear-convolutions',
  kind: 'rounding',
  rule: 'W2 * (W1 * x + b1) + b2 = (W2 W1) * x + (W2 b1 + b2), one of them 1x1 with stride 1',
  example: ['y = Conv(Conv<group=c>(x, w1), w2)  # w2 is 1x1', 'y = Conv(x, w)'],
  roots: ['Conv'],
  match(node, { isCheaper }) {
    const between = node.inputs[0]
    const first = between?.producer
    if (first === undefined || isCheaper === undefined || first.graph !== node.graph) return null
    if (between!.soleUser !== node) return null
    const [before, after] = [convolutionGeometry(first), convolutionGeometry(node)]
    const out = dimsOf(node.outputs[0]?.type)
    if (before === undefined || after === undefined || out === undefined) return null
    if (!isPointwise(before) && !isPointwise(after)) return null
    const [a, b] = [convolutionLayer(first)!, convolutionLayer(node)!]
    const reason = borderReason(a, b)
    if (reason !== undefined) return skip(reason, node, 'none: at the border the second one sees zeros')
    const outDims = out.map((dim) => (isStatic(dim) ? dim : 1))
    if (!isCheaper([first, node], { ...composedGeometry(a, b), outDims })) return null
    const layer = composeConvolutions(a, b)
    const tensors = layerTensors(layer)
    if (tensors === undefined) return skip('overflow', node, 'none: the product does not fit its dtype')
    return (patch) => {
      const name = node.inputs[1]!.name
      const inputs = [
        first.inputs[0],
        patch.constant(node.graph, tensors.weight, name),
        patch.constant(node.graph, tensors.bias, `${name}_bias`),
      ]
      const merged = { opType: 'Conv', inputs, attributes: layerAttributes(layer), from: [node, first] }
      patch.replaceNode(node, patch.insertBefore(node, merged).outputs[0]!)
    }
  },
})
