import { addDims, type Dim, dimsEqual, exactDiv, floorDivDims, mulDims, subDims } from '../dim.js'
import { contentLimit, type OpContext } from './context.js'

/** Element values of shape arithmetic: row-major lists of symbolic sizes. */
type Content = readonly Dim[]

/**
 * Applies `f` to broadcast element values. Only integers and bools have contents; f gives undefined where it cannot tell,
 * and then nothing is known of the output.
 */
export function elementwiseContent(c: OpContext, f: (...operands: Dim[]) => Dim | undefined): (Content | undefined)[] {
  const count = c.node.inputs.length
  const operands: Content[] = []
  for (let i = 0; i < count; i++) {
    const content = c.content(i)
    if (content === undefined) return []
    operands.push(content)
  }
  const shapes = operands.map((_, i) => c.staticDims(i))
  if (shapes.some((shape) => shape === undefined || shape.length > 1)) {
    // Higher ranks: only where no broadcasting is needed.
    if (shapes.some((shape) => shape === undefined || shape.join() !== shapes[0]?.join())) return []
  }
  const length = operands.reduce((most, { length: size }) => (most === 0 || size === 0 ? 0 : Math.max(most, size)), 1)
  if (length > contentLimit) return []
  const result: Dim[] = []
  for (let i = 0; i < length; i++) {
    const values = operands.map((content) => content[content.length === 1 ? 0 : i]!)
    const value = count > 2 && f.length === 2 ? fold(values, f) : f(...values)
    if (value === undefined) return []
    result.push(value)
  }
  return [result]
}

/** Variadic operators fold two at a time. */
function fold(values: readonly Dim[], f: (a: Dim, b: Dim) => Dim | undefined): Dim | undefined {
  let result: Dim | undefined = values[0]
  for (const value of values.slice(1)) result = result === undefined ? undefined : f(result, value)
  return result
}

/**
 * Integer division truncates. A size divided by a positive number is a floor; where a sign is not known only an exact
 * quotient is the same either way.
 */
export function evenQuotient(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? undefined : Math.trunc(a / b) + 0
  const exact = exactDiv(a, b)
  if (exact !== undefined) return exact
  return typeof b === 'number' && b > 0 && isNonNegative(a) ? floorDivDims(a, b) : undefined
}

/** a mod b for sizes; the sign conventions of Mod and fmod agree there. */
export function evenRemainder(a: Dim, b: Dim): Dim | undefined {
  if (typeof b !== 'number' || b <= 0 || !isNonNegative(a)) return undefined
  return subDims(a, mulDims(floorDivDims(a, b), b))
}

/** Sums of products of sizes are not negative. */
const isNonNegative = (dim: Dim): boolean =>
  typeof dim === 'number' ? dim >= 0 : dim.terms.every(({ coefficient }) => coefficient > 0)

export const extremum =
  (which: 'max' | 'min') =>
  (a: Dim, b: Dim): Dim | undefined => {
    if (dimsEqual(a, b)) return a
    if (typeof a === 'number' && typeof b === 'number') return which === 'max' ? Math.max(a, b) : Math.min(a, b)
    const difference = subDims(a, b)
    if (typeof difference === 'number') return difference > 0 === (which === 'max') ? a : b
    return undefined
  }

/** Comparisons are decided where the difference is a number; equal expressions are equal whatever the symbols are. */
export const comparison =
  (holds: (a: number, b: number) => boolean) =>
  (a: Dim, b: Dim): Dim | undefined => {
    const difference = subDims(a, b)
    return typeof difference === 'number' ? Number(holds(difference, 0)) : undefined
  }

export const truth =
  (combine: (a: boolean, b: boolean) => boolean) =>
  (a: Dim, b: Dim): Dim | undefined =>
    typeof a === 'number' && typeof b === 'number' ? Number(combine(a !== 0, b !== 0)) : undefined

/** A reduction of everything to one element. */
export function reducedContent(c: OpContext, f: (values: Content) => Dim): (Content | undefined)[] {
  const content = c.content(0)
  const isWhole = c.rank(0) === 1 || c.rank(0) === 0
  return content !== undefined && isWhole && c.node.inputs.length >= 1 ? [[f(content)]] : []
}

/** Sum of sizes. */
export const sumOfDims = (values: Content): Dim => values.reduce<Dim>(addDims, 0)
