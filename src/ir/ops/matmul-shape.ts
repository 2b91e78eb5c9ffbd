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

/** Axes of the operands and the product: batch axes are named from the right, `1` where broadcast. `b` is the slot of the second. */
export function matmulAxes(c: OpContext, b = 1): { readonly a: string; readonly b: string; readonly y: string } | null {
  const [left, right] = [c.dims(0), c.dims(b)]
  if (left === undefined || right === undefined || left.length === 0 || right.length === 0) return null
  const batch = (dims: readonly Dim[]) =>
    dims.slice(0, -2).map((dim, i) => (dim === 1 ? '1' : `b${dims.length - 2 - i}`))
  const rank = Math.max(left.length, right.length, 2) - 2
  const out = Array.from({ length: rank }, (_, i) => `b${rank - i}`)
  const rows = left.length === 1 ? [] : ['m']
  const columns = right.length === 1 ? [] : ['n']
  return {
    a: [...batch(left), ...rows, 'k'].join(' '),
    b: [...batch(right), 'k', ...columns].join(' '),
    y: [...out, ...rows, ...columns].join(' '),
  }
}
