import { constantOf } from '../../ir/constant.js'
import { definePass, skip } from '../define.js'
import { bypass } from './bypass.js'

/** Dropout at inference is the identity. Not when its mask is used, nor when it may run in training mode. */
export const removeDropout = definePass({
  id: 'remove-dropout',
  kind: 'exact',
  rule: 'Dropout(x) = x at inference',
  example: ['y = Dropout(x)', 'y = x'],
  roots: ['Dropout'],
  match(node) {
    const [input, , training] = node.inputs
    if (input === undefined || node.hasReferences) return null
    if (node.outputs[1]?.isUsed) return skip('mask-used', node, 'export the model in inference mode')
    const version = node.graph.opsets.get('') ?? 0
    // Before opset 7 an attribute says whether this is a test run; the default is training.
    if (version < 7 && node.int('is_test', 0) === 0)
      return skip('training-mode', node, 'export the model in inference mode')
    if (training !== undefined) {
      const mode = constantOf(training)
      if (mode === undefined || Array.from(mode.numbers()).some((on) => on !== 0)) {
        return skip('training-mode', node, 'export the model in inference mode')
      }
    }
    return bypass(node, input)
  },
})
