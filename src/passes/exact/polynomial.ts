import type { Node, Value } from '../../ir/graph.js'
import { keepsRank, scalarOf } from './scalar-constant.js'

/** Coefficients by power. */
type Polynomial = readonly number[]

const degreeLimit = 3
/** Nodes looked through on one path. */
const depthLimit = 8

/**
 * A value as a polynomial in `x` with constant coefficients, however it was written: Add, Sub, Mul, Div, Neg and Pow by a
 * whole number; undefined when anything else takes part, or for a degree above 3.
 */
export function polynomialIn(x: Value, value: Value | undefined, depth = 0): Polynomial | undefined {
  if (value === x) return [0, 1]
  if (value === undefined || depth > depthLimit) return undefined
  const scalar = scalarOf(value)
  if (scalar !== undefined) return keepsRank(value, x) ? [scalar] : undefined
  const node = value.producer
  if (node === undefined || node.attributes.size > 0 || node.domain !== '') return undefined
  const operand = (i: number) => polynomialIn(x, node.inputs[i], depth + 1)
  if (node.is('Neg')) return operand(0)?.map((c) => -c)
  if (node.is('Pow')) return power(operand(0), operand(1))
  const combine = operators.get(node.opType)
  const left = combine === undefined ? undefined : operand(0)
  const right = left === undefined ? undefined : operand(1)
  return combine === undefined || left === undefined || right === undefined ? undefined : combine(left, right)
}

const operators = new Map<Node['opType'], (a: Polynomial, b: Polynomial) => Polynomial | undefined>([
  ['Add', (a, b) => sum(a, b, 1)],
  ['Sub', (a, b) => sum(a, b, -1)],
  ['Mul', times],
  ['Div', (a, b) => (b.length === 1 && b[0] !== 0 ? a.map((c) => c / b[0]!) : undefined)],
])

const sum = (a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + sign * (b[i] ?? 0))

function times(a: Polynomial, b: Polynomial): Polynomial | undefined {
  if (a.length + b.length - 2 > degreeLimit) return undefined
  const out = new Array<number>(a.length + b.length - 1).fill(0)
  for (const [i, p] of a.entries()) for (const [j, q] of b.entries()) out[i + j]! += p * q
  return out
}

function power(base: Polynomial | undefined, exponent: Polynomial | undefined): Polynomial | undefined {
  const n = exponent?.length === 1 ? exponent[0]! : undefined
  if (base === undefined || (n !== 2 && n !== 3)) return undefined
  const square = times(base, base)
  return n === 2 || square === undefined ? square : times(square, base)
}
