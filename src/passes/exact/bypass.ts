import type { Node, Value } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { type Rewrite, type Skip, skip } from '../define.js'

/** The rewrite that lets consumers of a node's output take `value` instead; declines where that would change the interface. */
export function bypass(node: Node, value: Value, output = 0): Rewrite | Skip | null {
  const old = node.outputs[output]
  if (old === undefined) return null
  if (!Patch.canReplace(old, value)) {
    return skip('interface', node, 'a graph output must stay a value of its own graph, under its own name')
  }
  return (patch) => {
    if (value.producer !== undefined) patch.absorb(value.producer, node)
    patch.replaceNode(node, value, output)
  }
}
