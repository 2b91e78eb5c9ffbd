import { attr } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { composePermutations, permutationOf } from './permutation.js'

/**
 * Transpose(Transpose(x, p), q) = Transpose(x, p o q). Worth it even when the inner one has other consumers: the outer one
 * then reads x directly and the count does not grow.
 */
export const mergeTransposes = definePass({
  id: 'merge-transposes',
  kind: 'exact',
  rule: 'Transpose(Transpose(x, p), q) = Transpose(x, p o q)',
  example: ['y = Transpose<perm=[0, 3, 1, 2]>(Transpose<perm=[0, 2, 3, 1]>(x))', 'y = Transpose<perm=[0, 1, 2, 3]>(x)'],
  roots: ['Transpose'],
  match(node) {
    const inner = node.inputs[0]?.producer
    const source = inner?.inputs[0]
    if (inner === undefined || source === undefined || !inner.is('Transpose') || !node.is('Transpose')) return null
    const first = permutationOf(inner)
    const second = permutationOf(node)
    if (first === undefined || second === undefined || first.length !== second.length) return null
    return (patch) => {
      patch.absorb(node, inner)
      patch.setAttribute(node, 'perm', attr.ints(composePermutations(first, second)))
      patch.setInput(node, 0, source)
    }
  },
})
