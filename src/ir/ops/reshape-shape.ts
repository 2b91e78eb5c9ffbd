import { type Dim, dimsEqual, exactDiv, floorDivDims, isStatic, productOfDims, unknownDim } from '../dim.js'
import { type OpContext, ShapeError } from './context.js'
import type { AxisSizes } from './define.js'

/** Output dims of Reshape: sizes, 0 for the input's (unless allowzero), -1 for what is left. Source: ONNX Reshape, opsets 1 to 25. */
export function reshapeDims(c: OpContext): readonly Dim[] | undefined {
  const input = c.dims(0)
  const target: readonly Dim[] | undefined = c.ints('shape') ?? c.content(1)
  if (target === undefined) {
    const rank = c.length(1)
    return rank === undefined ? undefined : Array.from({ length: rank }, () => unknownDim())
  }
  const copiesZero = c.int('allowzero') !== 1
  const dims = target.map((size, i): Dim | undefined => {
    if (size === -1) return undefined
    if (size === 0 && copiesZero) {
      if (input !== undefined && i >= input.length)
        throw new ShapeError(`0 at position ${i} copies an axis that is not there`)
      return input?.[i] ?? unknownDim()
    }
    return size
  })
  const open = dims.indexOf(undefined)
  if (open < 0) return dims as Dim[]
  if (dims.indexOf(undefined, open + 1) >= 0) throw new ShapeError('two sizes of -1')
  dims[open] =
    input === undefined
      ? unknownDim()
      : remaining(
          input,
          dims.filter((dim) => dim !== undefined),
        )
  return dims as Dim[]
}

/** What is left of the input's elements for the -1, common factors cancelled first. */
function remaining(input: readonly Dim[], others: readonly Dim[]): Dim {
  const rest = [...input]
  const divisors: Dim[] = []
  for (const other of others) {
    const at = rest.findIndex((dim) => dimsEqual(dim, other))
    if (at >= 0 && rest[at] !== 0) rest.splice(at, 1)
    else divisors.push(other)
  }
  const total = productOfDims(rest)
  const divisor = productOfDims(divisors)
  if (divisor === 0) return unknownDim()
  const exact = exactDiv(total, divisor)
  if (exact !== undefined) return exact
  if (typeof total === 'number' && typeof divisor === 'number')
    throw new ShapeError(`${total} elements do not divide by ${divisor}`)
  // The quotient is whole in every valid run, so floor is the quotient.
  return typeof divisor === 'number' ? floorDivDims(total, divisor) : unknownDim()
}

/** `a b c -> a (b c)`, in the finest factors that both sides have. What cannot be matched is `x!` before and `y` after. */
export function reshapeAxes(c: OpContext): string | null {
  const terms = reshapeTerms(c)
  if (terms === undefined) return null
  const others = c.node.inputs.slice(1).map(() => '_')
  return `${[terms.before.join(' '), ...others].join(', ')} -> ${terms.after.join(' ')}`
}

/** Sizes that Reshape's target spells out, of axes that were matched; 0 and -1 follow by themselves. */
export function reshapeSizes(c: OpContext): readonly AxisSizes[] {
  const terms = reshapeTerms(c)
  const target = c.ints('shape') ?? c.content(1)
  if (terms === undefined || target === undefined) return []
  const at = c.hasAttribute('shape') ? { attribute: 'shape' } : { input: 1 }
  const isSpelt = (size: Dim) => isStatic(size) && size > 1
  const words = target.map((size, i) =>
    isSpelt(size) && !terms.after[i]!.startsWith('y') ? terms.after[i]! : undefined,
  )
  return [{ at, words }]
}

interface ReshapeTerms {
  /** One word per axis. */
  readonly before: readonly string[]
  readonly after: readonly string[]
}

function reshapeTerms(c: OpContext): ReshapeTerms | undefined {
  const [input, output] = [c.dims(0), c.outputDims(0)]
  if (input === undefined || output === undefined) return undefined
  const left = matchAxes(input, output)
  const [i, k] = [left.before.length, left.after.length]
  const right = matchAxes(input.slice(i).reverse(), output.slice(k).reverse())
  const [iEnd, kEnd] = [input.length - right.before.length, output.length - right.after.length]
  const word = (prefix: string) => (factors: readonly string[]) =>
    factors.length === 0
      ? '1'
      : factors.length === 1
        ? prefix + factors[0]
        : `(${factors.map((f) => prefix + f).join(' ')})`
  const reversed = (axes: readonly (readonly string[])[]) => axes.map((factors) => [...factors].reverse()).reverse()
  const open = (from: number, to: number, name: (at: number) => string) =>
    Array.from({ length: to - from }, (_, n) => name(from + n))
  return {
    before: [
      ...left.before.map(word('l')),
      ...open(i, iEnd, (at) => `x${at}!`),
      ...reversed(right.before).map(word('r')),
    ],
    after: [...left.after.map(word('l')), ...open(k, kEnd, (at) => `y${at}`), ...reversed(right.after).map(word('r'))],
  }
}

/**
 * Factors of the leading axes of two shapes of the same elements, row-major: the smaller of two axes is a factor of the larger
 * one. Stops at the last place where whole axes are used up on both sides.
 */
function matchAxes(input: readonly Dim[], output: readonly Dim[]): { before: string[][]; after: string[][] } {
  const before: string[][] = []
  const after: string[][] = []
  let matched = { before: 0, after: 0 }
  let factors = 0
  // What is left of the axis that is being taken apart; 1: the next one is begun.
  let left: Dim = 1
  let right: Dim = 1
  for (;;) {
    if (left === 1 && right === 1) {
      while (input[before.length] === 1) before.push([])
      while (output[after.length] === 1) after.push([])
      matched = { before: before.length, after: after.length }
    }
    if (left === 1) {
      if (before.length === input.length) break
      left = input[before.length]!
      before.push([])
    }
    if (right === 1) {
      if (after.length === output.length) break
      right = output[after.length]!
      after.push([])
    }
    if (left === 1 || right === 1) continue
    const size: Dim | undefined =
      exactDiv(right, left) !== undefined ? left : exactDiv(left, right) !== undefined ? right : undefined
    if (size === undefined) break
    const name = `f${factors++}`
    before.at(-1)!.push(name)
    after.at(-1)!.push(name)
    left = exactDiv(left, size)!
    right = exactDiv(right, size)!
  }
  return { before: before.slice(0, matched.before), after: after.slice(0, matched.after) }
}
