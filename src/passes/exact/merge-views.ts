import type { Node } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { reshapeTarget } from './reshape-target.js'

/**
 * Reshape, Flatten, Squeeze, Unsqueeze in a row are one Reshape to the last shape: none of them moves an element. The last
 * shape must be known up to what 0 and -1 can express.
 */
export const mergeViews = definePass({
  id: 'merge-views',
  kind: 'exact',
  rule: 'Reshape(Squeeze(x)) = Reshape(x), likewise for every pair of views',
  example: ['y = Flatten(Unsqueeze(x, [2]))', 'y = Reshape(x, [n, -1])'],
  match(node) {
    if (!isView(node)) return null
    const inner = node.inputs[0]?.producer
    const source = inner?.inputs[0]
    if (inner === undefined || source === undefined || !isView(inner)) return null
    const before = dimsOf(source.type)
    const after = dimsOf(node.outputs[0]?.type)
    if (before === undefined || after === undefined) return null
    const target = reshapeTarget(after, before)
    if (target === undefined || (node.graph.opsets.get('') ?? 0) < 5) return null
    return (patch) => {
      const shape = patch.constant(node.graph, Tensor.int64(target), `${node.outputs[0]!.name}_shape`)
      const merged = patch.insertBefore(node, { opType: 'Reshape', inputs: [source, shape], from: [node, inner] })
      patch.replaceNode(node, merged.outputs[0]!)
    }
  },
})

/** A view that renames sizes; Identity is taken out elsewhere. */
const isView = (node: Node): boolean =>
  !node.is('Identity') && !node.hasReferences && contextOf(node)?.resolved.op.traits.includes('view') === true
