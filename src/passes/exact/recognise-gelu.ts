import type { Node, Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { polynomialIn } from './polynomial.js'
import { otherFactor, productOf } from './product.js'
import { isAbout, isFloat, withScalar } from './scalar-constant.js'

/** sqrt(2 / pi) */
const slope = Math.sqrt(2 / Math.PI)

/** What stands under the gate, as coefficients of x: x / sqrt 2 under Erf, sqrt(2 / pi) (x + 0.044715 x^3) under Tanh. */
const forms = [
  { gate: 'Erf', inside: [0, Math.SQRT1_2], approximate: 'none' },
  { gate: 'Tanh', inside: [0, slope, 0, slope * 0.044715], approximate: 'tanh' },
] as const

/** x (1 + gate) / 2 in any order, with the gate's Add and operator serving nothing else, is Gelu (opset 20). */
export const recogniseGelu = definePass({
  id: 'recognise-gelu',
  kind: 'rounding',
  rule: 'x (1 + erf(x / sqrt 2)) / 2 = Gelu(x); x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 = Gelu<tanh>(x)',
  example: ['y = Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)', 'y = Gelu(x)'],
  roots: ['Mul', 'Div'],
  match(node) {
    const found = (node.graph.opsets.get('') ?? 0) < 20 ? undefined : geluOf(node)
    if (found === undefined) return null
    const { x, approximate, nodes: from } = found
    return (patch) => {
      const attributes = { approximate: attr.text(approximate) }
      patch.replaceNode(node, patch.insertBefore(node, { opType: 'Gelu', inputs: [x], attributes, from }).outputs[0]!)
    }
  },
})

/** The Gelu that ends in this Mul or Div, in any opset: below 20 runtimes know the formula. */
export function geluOf(node: Node) {
  const product = productOf(node)
  if (product === undefined || product.scale !== 0.5) return undefined
  for (const x of product.factors) {
    const gate = otherFactor(product, x)
    const found = gate !== undefined && isFloat(x) ? formOf(gate, x, product.nodes) : undefined
    if (found !== undefined) return { x, approximate: found.approximate, nodes: [...product.nodes, ...found.nodes] }
  }
  return undefined
}

/** Which gate 1 + f(p(x)) is, with its Add and f. */
function formOf(gate: Value, x: Value, users: readonly Node[]) {
  const sum = withScalar(gate.producer, 'Add')
  const inner = sum?.scalar === 1 ? sum.data.producer : undefined
  if (gate.soleUser === undefined || !users.includes(gate.soleUser)) return undefined
  if (sum === undefined || inner === undefined || sum.data.soleUser !== gate.producer) return undefined
  for (const { gate: opType, inside, approximate } of forms) {
    if (!inner.is(opType)) continue
    const actual = polynomialIn(x, inner.inputs[0])
    const fits = actual?.length === inside.length && inside.every((c, i) => isCoefficient(actual[i]!, c, x))
    if (fits) return { approximate, nodes: [gate.producer!, inner] }
  }
  return undefined
}

const isCoefficient = (actual: number, expected: number, x: Value): boolean =>
  expected === 0 ? actual === 0 : isAbout(actual, expected, x)
