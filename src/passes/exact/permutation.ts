import type { Node } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'

/** The permutation of a Transpose: axis i of the output is axis perm[i] of the input. undefined when the rank is not known. */
export function permutationOf(node: Node): readonly number[] | undefined {
  const perm = node.ints('perm')
  if (perm !== undefined) return perm
  const rank = dimsOf(node.inputs[0]?.type)?.length
  return rank === undefined ? undefined : Array.from({ length: rank }, (_, i) => rank - 1 - i)
}

export const isIdentityPermutation = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i)

/** First `first`, then `second`. */
export const composePermutations = (first: readonly number[], second: readonly number[]): number[] =>
  second.map((axis) => first[axis]!)

export function invertPermutation(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length)
  perm.forEach((axis, i) => {
    inverse[axis] = i
  })
  return inverse
}
