import type { Node, Value } from '../../ir/graph.js'
import { definePass, type Rewrite } from '../define.js'
import { isFloat } from './scalar-constant.js'

/** x * Sigmoid(x) is Swish (opset 24). */
export const recogniseSilu = definePass({
  id: 'recognise-silu',
  kind: 'rounding',
  rule: 'x Sigmoid(x) = Swish(x)',
  example: ['y = Mul(x, Sigmoid(x))', 'y = Swish(x)'],
  roots: ['Mul'],
  match: (node) => gatedBy(node, (gate) => (gate.is('Sigmoid') ? [gate] : undefined), 'Swish', 24),
})

/** x * Tanh(Softplus(x)) is Mish (opset 18). */
export const recogniseMish = definePass({
  id: 'recognise-mish',
  kind: 'rounding',
  rule: 'x Tanh(Softplus(x)) = Mish(x)',
  example: ['y = Mul(x, Tanh(Softplus(x)))', 'y = Mish(x)'],
  roots: ['Mul'],
  match: (node) => gatedBy(node, tanhOfSoftplus, 'Mish', 18),
})

function tanhOfSoftplus(gate: Node): readonly Node[] | undefined {
  const inner = gate.inputs[0]?.soleUser === gate ? gate.inputs[0].producer : undefined
  return gate.is('Tanh') && inner?.is('Softplus') ? [gate, inner] : undefined
}

/** x * g(x), where `gateOf` knows g by its last node: that node and those before it, the first of which takes x. */
function gatedBy(
  node: Node,
  gateOf: (gate: Node) => readonly Node[] | undefined,
  opType: string,
  since: number,
): Rewrite | null {
  if ((node.graph.opsets.get('') ?? 0) < since || !node.is('Mul') || node.attributes.size > 0) return null
  for (const [i, value] of node.inputs.entries()) {
    const x: Value | undefined = node.inputs[1 - i]
    const gate = value?.soleUser === node && value.producer !== undefined ? gateOf(value.producer) : undefined
    if (gate === undefined || x === undefined || !isFloat(x) || gate.at(-1)!.inputs[0] !== x) continue
    return (patch) => {
      const spec = { opType, inputs: [x], from: [node, ...gate] }
      patch.replaceNode(node, patch.insertBefore(node, spec).outputs[0]!)
    }
  }
  return null
}
