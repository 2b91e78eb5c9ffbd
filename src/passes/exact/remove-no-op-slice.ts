import { shapesEqual } from '../../ir/dim.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'
import { sliceRanges } from './slice-ranges.js'

/**
 * A Slice forwards through everything: every range starts at 0 with step 1 and either runs to the end whatever the size,
 * or the shape is known to stay. A step of -1 keeps the shape and reverses, so shapes alone prove nothing.
 */
export const removeNoOpSlice = definePass({
  id: 'remove-no-op-slice',
  kind: 'exact',
  rule: 'Slice(x, 0, end of x, step 1) = x',
  example: ['y = Slice(x, [0], [9223372036854775807], [1])', 'y = x'],
  roots: ['Slice'],
  match(node) {
    const [input] = node.inputs
    const ranges = sliceRanges(node)
    if (input === undefined || ranges === undefined) return null
    if (ranges.some(({ start, step }) => start !== 0 || step !== 1)) return null
    const before = dimsOf(input.type)
    const after = dimsOf(node.outputs[0]?.type)
    const keepsShape = before !== undefined && after !== undefined && shapesEqual(before, after)
    const runsToEnd = ranges.every(({ end }) => end >= 2 ** 31 - 1)
    return keepsShape || runsToEnd ? bypass(node, input) : null
  },
})
