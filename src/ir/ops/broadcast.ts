import { type Dim, dimsEqual, unknownDim } from '../dim.js'
import { type OpContext, ShapeError } from './context.js'
import type { AxisSizes } from './define.js'

/**
 * Numpy broadcasting of symbolic shapes; undefined when a rank is unknown. Two sizes that may differ: one that is a number
 * above 1 wins, since the other can only be 1 or the same. Source: ONNX Broadcasting.
 */
export function broadcastDims(...shapes: readonly (readonly Dim[] | undefined)[]): readonly Dim[] | undefined {
  let result: readonly Dim[] = []
  for (const shape of shapes) {
    if (shape === undefined) return undefined
    const rank = Math.max(result.length, shape.length)
    const left = result
    result = Array.from({ length: rank }, (_, i) => {
      const a = left[i - (rank - left.length)] ?? 1
      const b = shape[i - (rank - shape.length)] ?? 1
      return broadcastDim(a, b)
    })
  }
  return result
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (dimsEqual(a, b) || b === 1) return a
  if (a === 1) return b
  if (typeof a === 'number' && typeof b === 'number') throw new ShapeError(`sizes ${a} and ${b} do not broadcast`)
  if (typeof a === 'number') return a === 0 ? unknownDim() : a
  if (typeof b === 'number') return b === 0 ? unknownDim() : b
  return unknownDim()
}

/** Shapes of all present inputs, broadcast. Before opset 7 the second operand's shape is fitted to the first by attribute. */
export function broadcastInputs(c: OpContext): readonly Dim[] | undefined {
  if (c.hasAttribute('broadcast') || c.hasAttribute('axis')) return c.dims(0)
  return broadcastDims(...c.node.inputs.map((_, i) => (c.hasInput(i) ? c.dims(i) : [])))
}

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** `a b c d, c d -> a b c d`: one name per axis from the right; `1` where an operand is broadcast. */
export function broadcastAxes(c: OpContext): string | null {
  if (c.hasAttribute('broadcast') || c.hasAttribute('axis')) return alignedAxes(c)
  const ranks = c.node.inputs.map((_, i) => (c.hasInput(i) ? c.rank(i) : 0))
  if (ranks.some((rank) => rank === undefined)) return null
  const rank = Math.max(...(ranks as number[]))
  const name = (fromRight: number) => letters[rank - 1 - fromRight] ?? `x${rank - 1 - fromRight}`
  const operands = c.node.inputs.map((_, i) => {
    if (!c.hasInput(i)) return '_'
    const dims = c.dims(i)!
    return dims
      .map((dim, k) => (dim === 1 && !isOneEverywhere(c, dims.length - 1 - k) ? '1' : name(dims.length - 1 - k)))
      .join(' ')
  })
  const output = Array.from({ length: rank }, (_, k) => name(rank - 1 - k)).join(' ')
  return `${operands.join(', ')} -> ${output}`
}

/** Before opset 7: `a b c d, b c -> a b c d`, the second operand's axes begin at attribute `axis`, else they are the last ones. */
function alignedAxes(c: OpContext): string | null {
  const [left, right] = [c.dims(0), c.dims(1)]
  if (left === undefined || right === undefined) return null
  const names = axisNames(left.length)
  const at = right.length === 0 ? 0 : c.axis(c.int('axis') ?? left.length - right.length, left.length)
  const second = right.map((dim, i) => (dim === 1 && left[at + i] !== 1 ? '1' : names[at + i]))
  return `${names.join(' ')}, ${second.join(' ')} -> ${names.join(' ')}`
}

/** Whether the axis has size 1 in all operands: then nothing is broadcast. */
function isOneEverywhere(c: OpContext, fromRight: number): boolean {
  return c.node.inputs.every((_, i) => {
    const dims = c.hasInput(i) ? c.dims(i) : []
    const dim = dims?.[dims.length - 1 - fromRight]
    return dim === undefined || dim === 1
  })
}

/** Expand: an axis of size 1 becomes one of the size asked for; axes that come in front are new. */
export function expandAxes(c: OpContext): string | null {
  const [own, out] = [c.dims(0), c.outputDims(0)]
  if (own === undefined || out === undefined) return null
  const names = axisNames(out.length)
  const lead = out.length - own.length
  return `${own.map((dim, i) => (dim === 1 ? '1' : names[lead + i])).join(' ')}, _ -> ${names.join(' ')}`
}

/** The elements of Expand's shape that say more than 1. */
export function expandSizes(c: OpContext): readonly AxisSizes[] {
  const [target, out] = [c.content(1), c.outputDims(0)]
  if (target === undefined || out === undefined) return []
  const names = axisNames(out.length)
  const lead = out.length - target.length
  return [{ at: { input: 1 }, words: target.map((size, i) => (size === 1 ? undefined : names[lead + i])) }]
}

/** The same axes in and out, for operators with one data input: `a b c -> a b c`. */
export function sameAxes(c: OpContext): string | null {
  const rank = c.rank(0)
  if (rank === undefined) return null
  const axes = Array.from({ length: rank }, (_, i) => letters[i] ?? `x${i}`).join(' ')
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[axes, ...others].join(', ')} -> ${axes}`
}

/** As sameAxes, with some axes marked: `~` where the operator takes statistics over them, `!` where elements compete. */
export function markedAxes(c: OpContext, mark: '!' | '~', isMarked: (axis: number) => boolean): string | null {
  const rank = c.rank(0)
  if (rank === undefined) return null
  const axes = axisNames(rank)
    .map((name, i) => (isMarked(i) ? `${name}${mark}` : name))
    .join(' ')
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[axes, ...others].join(', ')} -> ${axes}`
}

/** Names for the axes of a rank. */
export const axisNames = (rank: number, from = 0): string[] =>
  Array.from({ length: rank }, (_, i) => letters[i + from] ?? `x${i + from}`)
