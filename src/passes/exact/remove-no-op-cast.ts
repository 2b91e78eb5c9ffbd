import { dtypeOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Cast and CastLike to the dtype that is there already. */
export const removeNoOpCast = definePass({
  id: 'remove-no-op-cast',
  kind: 'exact',
  rule: 'Cast(x: T, to T) = x',
  example: ['y = Cast<to=float32>(x)  # x is float32', 'y = x'],
  roots: ['Cast', 'CastLike'],
  match(node) {
    const [input] = node.inputs
    const before = dtypeOf(input?.type)
    const after = dtypeOf(node.outputs[0]?.type)
    return input !== undefined && before !== undefined && before === after ? bypass(node, input) : null
  },
})
