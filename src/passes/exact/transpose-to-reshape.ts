import { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { isIdentityPermutation, permutationOf } from './permutation.js'
import { reshapeTarget } from './reshape-target.js'

/** A Transpose that moves only axes of size 1 moves no element: it is a Reshape, which costs nothing and merges with others. */
export const transposeToReshape = definePass({
  id: 'transpose-to-reshape',
  kind: 'exact',
  rule: 'Transpose that moves only axes of size 1 = Reshape',
  example: ['y = Transpose<perm=[0, 2, 1]>(x)  # x is [8, 1, 5]', 'y = Reshape(x, [8, 5, 1])'],
  roots: ['Transpose'],
  match(node) {
    const [input] = node.inputs
    const dims = dimsOf(input?.type)
    const perm = node.is('Transpose') ? permutationOf(node) : undefined
    if (input === undefined || dims === undefined || perm === undefined || isIdentityPermutation(perm)) return null
    const moved = perm.filter((axis) => dims[axis] !== 1)
    if (moved.some((axis, i) => i > 0 && axis < moved[i - 1]!)) return null
    const target = reshapeTarget(
      perm.map((axis) => dims[axis]!),
      dims,
    )
    // Before opset 5 the shape of a Reshape was an attribute.
    if (target === undefined || (node.graph.opsets.get('') ?? 0) < 5) return null
    return (patch) => {
      const shape = patch.constant(node.graph, Tensor.int64(target), `${node.outputs[0]!.name}_shape`)
      const reshape = patch.insertBefore(node, { opType: 'Reshape', inputs: [input, shape], from: [node] })
      patch.replaceNode(node, reshape.outputs[0]!)
    }
  },
})
