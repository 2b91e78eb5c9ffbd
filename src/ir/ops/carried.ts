import { dimsEqual, type SymbolicDim, unknownDim } from '../dim.js'
import { dimsOf, joinTypes, tensorType, typesEqual, type ValueType } from '../type.js'

/** Loop-carried types are widened at most this often before their rank is given up. */
const wideningLimit = 4

/**
 * Types of values that a loop carries: initial types, widened until the body gives back what it takes.
 * `run` infers the body for carried types and gives the types carried on.
 */
export function widenCarried(
  initial: readonly (ValueType | undefined)[],
  run: (carried: readonly (ValueType | undefined)[]) => readonly (ValueType | undefined)[],
): readonly (ValueType | undefined)[] {
  // Dims that may differ from round to round; made here, so nothing else can be equal to them.
  const varying = new Set<string>()
  let carried = initial
  for (let round = 0; round < wideningLimit; round++) {
    const after = run(carried)
    const widened = carried.map((type, i) => widen(type, after[i], varying))
    if (widened.every((type, i) => typesEqual(type, carried[i]))) return carried
    carried = widened
  }
  const open = carried.map((type) => (type?.kind === 'tensor' ? tensorType(type.dtype) : undefined))
  run(open)
  return open
}

function widen(
  before: ValueType | undefined,
  after: ValueType | undefined,
  varying: Set<string>,
): ValueType | undefined {
  if (typesEqual(before, after)) return before
  const joined = joinTypes(before, after)
  const [old, now] = [dimsOf(before), dimsOf(after)]
  if (joined?.kind !== 'tensor' || joined.dims === undefined || old === undefined || now === undefined) return joined
  const dims = old.map((dim, i) => {
    if (dimsEqual(dim, now[i]!) || (typeof dim !== 'number' && varying.has(dim.key))) return dim
    const fresh: SymbolicDim = unknownDim()
    varying.add(fresh.key)
    return fresh
  })
  return tensorType(joined.dtype, dims)
}
