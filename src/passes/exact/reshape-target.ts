import { type Dim, dimsEqual, isStatic } from '../../ir/dim.js'

/**
 * The constant shape input with which Reshape turns an input of dims `from` into `to`: sizes as they are, 0 where a symbolic
 * size stands at the same place of the input, and -1 for at most one other. undefined when that does not say it all, or
 * when a size is 0, which a Reshape would take for a copy.
 */
export function reshapeTarget(to: readonly Dim[], from: readonly Dim[]): number[] | undefined {
  if (to.includes(0)) return undefined
  const open = to.filter((dim) => !isStatic(dim))
  if (open.length <= 1) return to.map((dim) => (isStatic(dim) ? dim : -1))
  let inferred = 0
  const target = to.map((dim, i) => {
    if (isStatic(dim)) return dim
    if (from[i] !== undefined && dimsEqual(dim, from[i])) return 0
    inferred += 1
    return -1
  })
  return inferred <= 1 ? target : undefined
}
