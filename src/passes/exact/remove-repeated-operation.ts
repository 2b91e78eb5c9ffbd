import { contextOf } from '../../ir/infer.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'
import { sameAttributes } from './same-attributes.js'

/** f(f(x)) = f(x) for operators that are idempotent, with equal attributes and the same parameters: Relu, Abs, Clip, Round... */
export const removeRepeatedOperation = definePass({
  id: 'remove-repeated-operation',
  kind: 'exact',
  rule: 'f(f(x)) = f(x) for idempotent f',
  example: ['y = Relu(Relu(x))', 'y = Relu(x)'],
  match(node) {
    if (contextOf(node)?.resolved.op.traits.includes('idempotent') !== true) return null
    const input = node.inputs[0]
    const inner = input?.producer
    if (input === undefined || inner === undefined || !inner.is(node.opType, node.domain) || node.hasReferences)
      return null
    if (input.outputIndex !== 0 || node.inputs.length !== inner.inputs.length) return null
    const hasSameParameters = node.inputs.every((parameter, i) => i === 0 || parameter === inner.inputs[i])
    return hasSameParameters && sameAttributes(node, inner) ? bypass(node, input) : null
  },
})
