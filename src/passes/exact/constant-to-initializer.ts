import { tensorOfConstantNode } from '../../ir/constant.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Constant nodes are initializers; function bodies have none, and a value that a subgraph returns must be computed there. */
export const constantToInitializer = definePass({
  id: 'constant-to-initializer',
  kind: 'exact',
  rule: 'Constant node = initializer',
  example: ['c = Constant<value=...>()', 'initializer c'],
  roots: ['Constant'],
  match(node) {
    const output = node.outputs[0]
    if (output === undefined || !node.is('Constant') || node.graph.ownerFunction !== undefined) return null
    if (output.isGraphOutput && node.graph.parent !== undefined) return null
    const tensor = tensorOfConstantNode(node)
    if (tensor === undefined || output.isPinned) return null
    return (patch) => {
      const { name } = output
      const value = patch.constant(node.graph, tensor, `${name}_value`)
      const rewrite = bypass(node, value)
      if (typeof rewrite === 'function') rewrite(patch)
      // The name stays with the content.
      if (!value.isGraphOutput) patch.exchangeNames(value, output)
    }
  },
})
