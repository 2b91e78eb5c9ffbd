import { contextOf } from '../../ir/infer.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Pad with nothing to add or cut anywhere. */
export const removeNoOpPad = definePass({
  id: 'remove-no-op-pad',
  kind: 'exact',
  rule: 'Pad(x, zeros) = x',
  example: ['y = Pad(x, [0, 0, 0, 0])', 'y = x'],
  roots: ['Pad'],
  match(node) {
    const [input] = node.inputs
    const found = contextOf(node)
    if (input === undefined || found === undefined) return null
    const { context } = found
    // The attribute was called paddings before opset 2.
    const pads = context.since >= 11 ? context.numbers(1) : (context.ints('pads') ?? context.ints('paddings'))
    return pads?.every((pad) => pad === 0) ? bypass(node, input) : null
  },
})
