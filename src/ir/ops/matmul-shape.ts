import { type Dim, dimsEqual, isStatic, mulDims, productOfDims } from '../dim.js'
import { broadcastDims } from './broadcast.js'
import { type OpContext, ShapeError } from './context.js'

/** Numpy matmul: [..., M, K] x [..., K, N] -> [..., M, N]; a rank-1 operand loses its axis. */
export function matmulDims(a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): readonly Dim[] | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined
  const inner = a.at(-1)!
  const other = b.at(b.length === 1 ? -1 : -2)!
  if (isStatic(inner) && isStatic(other) && !dimsEqual(inner, other))
    throw new ShapeError(`[${a}] and [${b}] do not multiply`)
  const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2))
  if (batch === undefined) return undefined
  const rows = a.length === 1 ? [] : [a.at(-2)!]
  const columns = b.length === 1 ? [] : [b.at(-1)!]
  return [...batch, ...rows, ...columns]
}

/** Output elements times the axis summed over, which is the last of operand `a`. */
export function matmulMacs(c: OpContext, a: number): Dim | undefined {
  const left = c.dims(a)
  const out = c.outputDims(0)
  return left === undefined || left.length === 0 || out === undefined
    ? undefined
    : mulDims(productOfDims(out), left.at(-1)!)
}

/** `a b k, b? k n -> a b n`: batch axes are named from the right, `1` where broadcast. */
export function matmulAxes(c: OpContext): string | null {
  const [a, b] = [c.dims(0), c.dims(1)]
  if (a === undefined || b === undefined || a.length < 2 || b.length < 2) return null
  const batch = (dims: readonly Dim[]) =>
    dims.slice(0, -2).map((dim, i) => (dim === 1 ? '1' : `b${dims.length - 2 - i}`))
  const rank = Math.max(a.length, b.length) - 2
  const out = Array.from({ length: rank }, (_, i) => `b${rank - i}`)
  return `${[...batch(a), 'm', 'k'].join(' ')}, ${[...batch(b), 'k', 'n'].join(' ')} -> ${[...out, 'm', 'n'].join(' ')}`
}
