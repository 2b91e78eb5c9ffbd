import { constantOf } from '../../ir/constant.js'
import { isStatic, shapesEqual } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { fromDoubles, toDoubles } from '../weights.js'
import { isFloat } from './scalar-constant.js'

/**
 * Exporters write a group normalization as an instance normalization of x [N, C, spatial...] seen as [N, groups, rest], and
 * give its shape back. That is GroupNormalization from opset 21 on, where scale and shift are by channel; those behind it
 * go in afterwards (merge-channel-affines).
 */
export const recogniseGroupNormalization = definePass({
  id: 'recognise-group-normalization',
  kind: 'rounding',
  rule: 'reshape(InstanceNormalization(reshape(x, [N, G, -1]), s, b), shape(x)) = GroupNormalization<G>(x, s, b by channel)',
  example: [
    'y = Reshape(InstanceNormalization(Reshape(x, [0, 32, -1]), s, b), Shape(x))',
    "y = GroupNormalization<num_groups=32>(x, s', b')",
  ],
  roots: ['InstanceNormalization'],
  match(node) {
    if ((node.graph.opsets.get('') ?? 0) < 21) return null
    const grouped = node.inputs[0]
    const into = grouped?.producer
    const output = node.outputs[0]
    const back = output?.soleUser
    const x = into?.inputs[0]
    if (grouped === undefined || x === undefined || !isView(into) || !isView(back) || !isFloat(x)) return null
    if (back.inputs[0] !== output || back.graph !== node.graph || grouped.soleUser !== node) return null
    const [outer, inner] = [dimsOf(x.type), dimsOf(grouped.type)]
    const after = dimsOf(back.outputs[0]?.type)
    if (outer === undefined || inner === undefined || after === undefined || !shapesEqual(outer, after)) return null
    const [channels, groups] = [outer[1], inner[1]]
    if (outer.length < 3 || inner.length !== 3 || !shapesEqual(outer.slice(0, 1), inner.slice(0, 1))) return null
    if (channels === undefined || groups === undefined || !isStatic(channels) || !isStatic(groups)) return null
    const scale = byChannel(node.inputs[1], groups, channels)
    const shift = byChannel(node.inputs[2], groups, channels)
    if (channels % groups !== 0 || scale === undefined || shift === undefined) return null
    const epsilon = contextOf(node)?.context.float('epsilon') ?? 1e-5
    return (patch) => {
      const inputs = [
        x,
        patch.constant(node.graph, scale, node.inputs[1]!.name),
        patch.constant(node.graph, shift, node.inputs[2]!.name),
      ]
      const attributes = { num_groups: attr.int(groups), epsilon: attr.float(epsilon) }
      const from = [back, node, into!]
      const spec = { opType: 'GroupNormalization', inputs, attributes, from }
      patch.replaceNode(back, patch.insertBefore(back, spec).outputs[0]!)
    }
  },
})

const isView = (node: Node | undefined): node is Node =>
  node !== undefined && contextOf(node)?.resolved.op.traits.includes('view') === true

/** One entry per group becomes one per channel. */
function byChannel(value: Value | undefined, groups: number, channels: number) {
  const tensor = constantOf(value)
  const values = tensor?.size === groups ? toDoubles(tensor) : undefined
  if (tensor === undefined || values === undefined) return undefined
  const each = channels / groups
  const spread = Float64Array.from({ length: channels }, (_, c) => values[Math.floor(c / each)]!)
  return fromDoubles(tensor.dtype, [channels], spread)
}
