import { shapesEqual } from '../../ir/dim.js'
import { contextOf } from '../../ir/infer.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/** Movements that, given equal shapes before and after, cannot have changed the order of elements. */
const keepsOrder = new Set(['Expand', 'Tile'])

/**
 * A view (Reshape, Flatten, Squeeze, Unsqueeze...), an Expand or a Tile that gives the shape it takes gives what it takes:
 * views keep row-major order, and an Expand or Tile of equal shape repeats everything once.
 */
export const removeNoOpMovement = definePass({
  id: 'remove-no-op-movement',
  kind: 'exact',
  rule: 'Reshape(x, shape of x) = x; Expand, Tile, Squeeze, Flatten likewise',
  example: ['y = Reshape(x, [2, 3])  # x is [2, 3]', 'y = x'],
  match(node) {
    const traits = contextOf(node)?.resolved.op.traits
    if (traits === undefined || !(traits.includes('view') || (node.domain === '' && keepsOrder.has(node.opType))))
      return null
    const [input] = node.inputs
    const before = dimsOf(input?.type)
    const after = dimsOf(node.outputs[0]?.type)
    if (input === undefined || before === undefined || after === undefined) return null
    return shapesEqual(before, after) ? bypass(node, input) : null
  },
})
