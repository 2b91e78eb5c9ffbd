import { definePass } from '../define.js'
import { bypass } from './bypass.js'
import { isIdentityPermutation, permutationOf } from './permutation.js'

/** A Transpose that leaves every axis where it is. */
export const removeNoOpTranspose = definePass({
  id: 'remove-no-op-transpose',
  kind: 'exact',
  rule: 'Transpose(x, [0, 1, ..., r-1]) = x',
  example: ['y = Transpose<perm=[0, 1, 2]>(x)', 'y = x'],
  roots: ['Transpose'],
  match(node) {
    const [input] = node.inputs
    const perm = node.is('Transpose') ? permutationOf(node) : undefined
    return input !== undefined && perm !== undefined && isIdentityPermutation(perm) ? bypass(node, input) : null
  },
})
