import { isFloat } from '../../ir/dtype.js'
import type { Tensor } from '../../ir/tensor.js'
import type { Outputs } from '../outputs.js'

/** Scores by class, or the class itself where the model ends in an ArgMax. */
export type ClassAnswer =
  | { readonly kind: 'scores'; readonly scores: ArrayLike<number> }
  | { readonly kind: 'class'; readonly index: number }

/** The first output that gives a sample one score a class: all axes but one are of size 1. Else one that gives a class. */
export function classAnswer(outputs: Outputs): ClassAnswer | undefined {
  const tensors = [...outputs.values()]
  const scores = tensors.find(({ dtype, dims, size }) => size > 1 && dims.includes(size) && isNumeric(dtype))
  if (scores !== undefined) return { kind: 'scores', scores: scores.numbers() }
  const index = tensors.find(({ dtype, size }) => size === 1 && (dtype === 'int64' || dtype === 'int32'))
  return index === undefined ? undefined : { kind: 'class', index: index.numbers()[0]! }
}

const isNumeric = (dtype: Tensor['dtype']): boolean => isFloat(dtype) || dtype === 'uint8' || dtype === 'int8'

/** Index of the largest score, the first of equal ones; -1 for none. */
export function largest(scores: ArrayLike<number>): number {
  let best = -1
  for (let i = 0; i < scores.length; i++) if (best < 0 || scores[i]! > scores[best]!) best = i
  return best
}

/** How many classes are before one when they are ordered by score; equal scores by index. */
export function rankOf(scores: ArrayLike<number>, index: number): number {
  const own = scores[index]!
  let before = 0
  for (let i = 0; i < scores.length; i++) if (scores[i]! > own || (scores[i] === own && i < index)) before += 1
  return before
}
