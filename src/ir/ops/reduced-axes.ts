import { type Dim, unknownDim } from '../dim.js'
import { axisNames } from './broadcast.js'
import type { OpContext } from './context.js'

/** Axes a Reduce operator collapses, from the front; undefined when they are computed. Source: ONNX Reduce*, opsets 1 to 20. */
function axesOf(c: OpContext, rank: number): number[] | undefined {
  const given = c.ints('axes')
  if (given !== undefined) return given.map((axis) => c.axis(axis, rank))
  if (c.hasInput(1)) {
    const numbers = c.numbers(1)
    if (numbers === undefined) return undefined
    if (numbers.length > 0) return numbers.map((axis) => c.axis(axis, rank))
  }
  // No axes: all of them, or none where noop_with_empty_axes says so.
  return c.int('noop_with_empty_axes') === 1 ? [] : Array.from({ length: rank }, (_, i) => i)
}

export function reducedDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  if (dims === undefined) return undefined
  const keeps = c.int('keepdims') !== 0
  const axes = axesOf(c, dims.length)
  if (axes === undefined) {
    if (keeps) return dims.map(() => unknownDim())
    const count = c.length(1)
    return count === undefined ? undefined : Array.from({ length: dims.length - count }, () => unknownDim())
  }
  return keeps ? dims.map((dim, i) => (axes.includes(i) ? 1 : dim)) : dims.filter((_, i) => !axes.includes(i))
}

/** `a b! -> a 1`: the positions of one axis are what ArgMax and ArgMin give. */
export function argAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined) return null
  const axis = c.axis(c.int('axis') ?? 0, rank)
  const names = axisNames(rank)
  const kept = names.flatMap((name, i) => (i !== axis ? [name] : c.int('keepdims') !== 0 ? ['1'] : []))
  return `${names.map((name, i) => (i === axis ? `${name}!` : name)).join(' ')} -> ${kept.join(' ')}`
}

/** ArgMax and ArgMin collapse one axis. */
export function argDims(c: OpContext): readonly Dim[] | undefined {
  const dims = c.dims(0)
  if (dims === undefined) return undefined
  const axis = c.axis(c.int('axis') ?? 0, dims.length)
  return c.int('keepdims') !== 0 ? dims.map((dim, i) => (i === axis ? 1 : dim)) : dims.filter((_, i) => i !== axis)
}

/** `a b~ c~ -> a 1 1`: how many elements there are, or that one is zero, changes what they are reduced to. */
export const reducedAxes = (c: OpContext): string | null => reducedWith(c, '~')

/** `a b c -> a 1 1`: sums, in which zeros do not count. */
export const summedAxes = (c: OpContext): string | null => reducedWith(c, '')

function reducedWith(c: OpContext, mark: '~' | ''): string | null {
  const rank = c.rank(0)
  const axes = rank === undefined ? undefined : axesOf(c, rank)
  if (rank === undefined || axes === undefined) return null
  const names = axisNames(rank)
  const input = names.map((name, i) => (axes.includes(i) ? `${name}${mark}` : name)).join(' ')
  const kept = names.flatMap((name, i) => (!axes.includes(i) ? [name] : c.int('keepdims') !== 0 ? ['1'] : []))
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[input, ...others].join(', ')} -> ${kept.join(' ')}`
}
