import { shapesEqual } from '../../ir/dim.js'
import { contextOf } from '../../ir/infer.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { bypass } from './bypass.js'

/**
 * Resize by scales that are all exactly 1: every output coordinate is an input coordinate in every coordinate mode but
 * tf_crop_and_resize, where the region of interest decides.
 */
export const removeNoOpResize = definePass({
  id: 'remove-no-op-resize',
  kind: 'exact',
  rule: 'Resize(x, scale 1) = x',
  example: ['y = Resize(x, , [1, 1, 1, 1])', 'y = x'],
  roots: ['Resize', 'Upsample'],
  match(node) {
    const [input] = node.inputs
    const found = contextOf(node)
    if (input === undefined || found === undefined) return null
    const { context } = found
    if (context.text('coordinate_transformation_mode') === 'tf_crop_and_resize') return null
    const scaleInput = node.opType === 'Upsample' || context.since < 11 ? 1 : 2
    const scales = context.constant(scaleInput)
    const hasUnitScales =
      scales !== undefined && scales.size > 0 && Array.from(scales.numbers()).every((scale) => scale === 1)
    if (hasUnitScales) return bypass(node, input)
    // Sizes that are the input's own give the same coordinates, antialiased or not.
    if (!context.hasInput(3) || scales?.size) return null
    const [before, after] = [dimsOf(input.type), dimsOf(node.outputs[0]?.type)]
    return before !== undefined && after !== undefined && shapesEqual(before, after) ? bypass(node, input) : null
  },
})
