import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Identity(x) = x, wherever nothing needs the copy: a graph output that would become an outer value or an input stays. */
export const removeIdentity = definePass({
  id: 'remove-identity',
  kind: 'exact',
  rule: 'Identity(x) = x',
  example: ['y = Relu(Identity(x))', 'y = Relu(x)'],
  roots: ['Identity'],
  match(node) {
    const [input] = node.inputs
    return input === undefined ? null : bypass(node, input)
  },
})
