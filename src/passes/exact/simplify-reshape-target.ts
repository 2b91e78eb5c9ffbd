import { constantOf } from '../../ir/constant.js'
import { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { reshapeTarget } from './reshape-target.js'

/**
 * A Reshape to a shape that is computed from sizes, when what comes out is known up to one size: the computation goes,
 * and a constant with 0 (copy) and -1 (what is left) takes its place.
 */
export const simplifyReshapeTarget = definePass({
  id: 'simplify-reshape-target',
  kind: 'exact',
  rule: 'Reshape(x, Concat(Shape(x)[0], -1)) = Reshape(x, [0, -1])',
  example: ['y = Reshape(x, Concat(Gather(Shape(x), 0), [-1]))', 'y = Reshape(x, [0, -1])'],
  roots: ['Reshape'],
  match(node) {
    const [input, shape] = node.inputs
    if (input === undefined || shape === undefined || !node.is('Reshape') || constantOf(shape) !== undefined)
      return null
    const before = dimsOf(input.type)
    const after = dimsOf(node.outputs[0]?.type)
    if (before === undefined || after === undefined) return null
    const target = reshapeTarget(after, before)
    if (target === undefined)
      return skip('shape-not-expressible', node, 'bind symbolic sizes with --shape and --freeze')
    return (patch) => {
      patch.setAttribute(node, 'allowzero', undefined)
      patch.setInput(node, 1, patch.constant(node.graph, Tensor.int64(target), `${node.outputs[0]!.name}_shape`))
    }
  },
})
