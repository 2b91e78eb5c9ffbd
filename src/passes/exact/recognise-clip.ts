import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { isFloat, withScalar } from './scalar-constant.js'

/**
 * Min(Max(x, a), b) with numbers a <= b is Clip; so is Max(Min(x, b), a). Runtimes differ on NaN, so these are not the same
 * bits.
 */
export const recogniseClip = definePass({
  id: 'recognise-clip',
  kind: 'rounding',
  rule: 'Min(Max(x, a), b) = Max(Min(x, b), a) = Clip(x, a, b) for a <= b',
  example: ['y = Min(Max(x, 0), 6)', 'y = Clip(x, 0, 6)'],
  roots: ['Min', 'Max'],
  match(node) {
    const opset = node.graph.opsets.get('') ?? 0
    const outer = boundOf(node)
    const before = outer?.data.soleUser === node ? outer.data.producer : undefined
    const inner = boundOf(before)
    if (outer === undefined || before === undefined || inner === undefined || opset < 6) return null
    if (before.opType === node.opType || !isFloat(inner.data)) return null
    const [low, high] = node.is('Min') ? [inner, outer] : [outer, inner]
    if (!(low.scalar <= high.scalar)) return null
    return (patch) => {
      // The bounds as attributes before opset 11, then as inputs without axes.
      const scalar = (constant: Value) => patch.constant(node.graph, constantOf(constant)!.reshaped([]), constant.name)
      const inputs = opset < 11 ? [inner.data] : [inner.data, scalar(low.constant), scalar(high.constant)]
      const attributes = opset < 11 ? { min: attr.float(low.scalar), max: attr.float(high.scalar) } : {}
      const clip = patch.insertBefore(node, { opType: 'Clip', inputs, attributes, from: [node, before] })
      patch.replaceNode(node, clip.outputs[0]!)
    }
  },
})

/** A Min or Max of one computed operand and a number. */
function boundOf(node: Node | undefined) {
  const parts = node?.inputs.length === 2 ? (withScalar(node, 'Min') ?? withScalar(node, 'Max')) : undefined
  return parts && { ...parts, constant: node!.inputs[parts.isReversed ? 0 : 1]! }
}
