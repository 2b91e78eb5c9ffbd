import { Patch } from '../../ir/patch.js'
import { definePass, skip } from '../define.js'

/** Identity(x) = x, wherever nothing needs the copy: a graph output that would become an outer value or an input stays. */
export const removeIdentity = definePass({
  id: 'remove-identity',
  kind: 'exact',
  rule: 'Identity(x) = x',
  example: ['y = Relu(Identity(x))', 'y = Relu(x)'],
  roots: ['Identity'],
  match(node) {
    const [input] = node.inputs
    const [output] = node.outputs
    if (input === undefined || output === undefined) return null
    if (!Patch.canReplace(output, input)) {
      return skip('interface', node, 'a graph output must stay a value of its own graph')
    }
    return (patch) => patch.replaceNode(node, input)
  },
})
