import { constantOf } from '../../ir/constant.js'
import { shapesEqual } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'
import { definePass, skip } from '../define.js'
import { bypass } from './bypass.js'

interface Neutral {
  /** The operand that changes nothing. */
  readonly is: (value: number) => boolean
  /** Whether it may stand on the left as well. */
  readonly onLeft: boolean
}

/** x - (+0), x + (-0), x * 1, x / 1, x ^ 1 give back the very bits of x, NaN payloads apart. */
const exactNeutrals = new Map<string, Neutral>([
  ['Sub', { is: (value) => Object.is(value, 0), onLeft: false }],
  ['Add', { is: (value) => Object.is(value, -0), onLeft: true }],
  ['Mul', { is: (value) => value === 1, onLeft: true }],
  ['Div', { is: (value) => value === 1, onLeft: false }],
  ['Pow', { is: (value) => value === 1, onLeft: false }],
])

/** x + 0 and x - (-0) turn -0 into +0 and change nothing else. */
const zeroNeutrals = new Map<string, Neutral>([
  ['Add', { is: (value) => value === 0, onLeft: true }],
  ['Sub', { is: (value) => value === 0, onLeft: false }],
])

export const removeNeutralOperand = definePass({
  id: 'remove-neutral-operand',
  kind: 'exact',
  rule: 'x * 1 = x / 1 = x ^ 1 = x - 0 = x',
  example: ['y = Mul(x, 1)', 'y = x'],
  roots: [...exactNeutrals.keys()],
  match: (node) => dropNeutral(node, exactNeutrals),
})

export const removeZeroTerm = definePass({
  id: 'remove-zero-term',
  kind: 'rounding',
  rule: 'x + 0 = x, up to the sign of zero',
  example: ['y = Add(x, 0)', 'y = x'],
  roots: [...zeroNeutrals.keys()],
  match: (node) => dropNeutral(node, zeroNeutrals),
})

function dropNeutral(node: Node, neutrals: ReadonlyMap<string, Neutral>) {
  const neutral = neutrals.get(node.opType)
  const [left, right] = node.inputs
  if (neutral === undefined || left === undefined || right === undefined || node.hasReferences) return null
  if (isNormalisationTail(left) || isNormalisationTail(right)) {
    return skip('normalization-tail', node, 'none: scale and shift belong to a normalization that runtimes recognise')
  }
  if (isNeutral(right, neutral) && keepsShape(node, left)) return bypass(node, left)
  if (neutral.onLeft && isNeutral(left, neutral) && keepsShape(node, right)) return bypass(node, right)
  return null
}

/** x / sqrt(...), times its scale or not: the end of a layer normalization that is spelled out. */
export function isNormalisationTail(value: Value): boolean {
  const node = value.producer
  if (node?.is('Mul'))
    return node.inputs.some((input) => input?.producer?.is('Div') === true && isNormalisationTail(input))
  return node?.is('Div') === true && node.inputs[1]?.producer?.is('Sqrt') === true
}

function isNeutral(value: Value, neutral: Neutral): boolean {
  const tensor = constantOf(value)
  if (tensor === undefined || tensor.dtype === 'string' || tensor.size === 0 || tensor.size > 65536) return false
  if (tensor.dtype.startsWith('complex') || tensor.dtype.startsWith('float8')) return false
  return Array.from(tensor.numbers()).every(neutral.is)
}

/** Broadcasting against the constant must not have grown the operand. */
function keepsShape(node: Node, operand: Value): boolean {
  const before = dimsOf(operand.type)
  const after = dimsOf(node.outputs[0]?.type)
  return before !== undefined && after !== undefined && shapesEqual(before, after)
}
