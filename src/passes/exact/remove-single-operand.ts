import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Joining one thing, or splitting into one part, is nothing. Sum, Max, Min and Mean of one operand are the operand. */
export const removeSingleOperand = definePass({
  id: 'remove-single-operand',
  kind: 'exact',
  rule: 'Concat(x) = x; Sum(x) = Max(x) = Min(x) = Mean(x) = x; Split(x) into 1 = x',
  example: ['y = Concat<axis=0>(x)', 'y = x'],
  roots: ['Concat', 'Sum', 'Max', 'Min', 'Mean', 'Split'],
  match(node) {
    const [input] = node.inputs
    if (input === undefined || node.hasReferences) return null
    const isSingle = node.opType === 'Split' ? node.outputs.length === 1 : node.inputs.length === 1
    // A Split with num_outputs or sizes of its own may keep less than everything only by an invalid model.
    return isSingle ? bypass(node, input) : null
  },
})
