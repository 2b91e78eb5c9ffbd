import type { Node, Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { isAbout, isFloat32, scalarOf, withScalar } from './scalar-constant.js'

/**
 * x (1 + erf(x / sqrt 2)) / 2, in the orders in which exporters multiply, is Gelu (opset 20). Everything in between must serve
 * nothing else.
 */
export const recogniseGelu = definePass({
  id: 'recognise-gelu',
  kind: 'rounding',
  rule: 'x (1 + erf(x / sqrt 2)) / 2 = Gelu(x)',
  example: ['y = Mul(Mul(x, Add(Erf(Div(x, 1.41421356)), 1)), 0.5)', 'y = Gelu(x)'],
  roots: ['Mul'],
  match(node, _context) {
    if ((node.graph.opsets.get('') ?? 0) < 20 || !node.is('Mul')) return null
    const found = halfOutside(node) ?? halfInside(node)
    if (found === undefined || !isFloat32(found.x)) return null
    const { x, from } = found
    return (patch) => {
      const attributes = { approximate: attr.text('none') }
      patch.replaceNode(node, patch.insertBefore(node, { opType: 'Gelu', inputs: [x], attributes, from }).outputs[0]!)
    }
  },
})

interface Found {
  readonly x: Value
  readonly from: readonly Node[]
}

/** (x * gate) * 0.5 */
function halfOutside(node: Node): Found | undefined {
  const outer = withScalar(node, 'Mul')
  const product = outer?.scalar === 0.5 ? outer.data : undefined
  const mul = product?.producer
  if (
    product === undefined ||
    mul === undefined ||
    !mul.is('Mul') ||
    product.soleUser !== node ||
    mul.graph !== node.graph
  )
    return undefined
  for (const [i, value] of mul.inputs.entries()) {
    const x = value?.soleUser === mul ? gateInput(value.producer) : undefined
    if (x !== undefined && mul.inputs[1 - i] === x) return { x, from: [node, mul, value!.producer!] }
  }
  return undefined
}

/** (x * 0.5) * gate */
function halfInside(node: Node): Found | undefined {
  for (const [i, value] of node.inputs.entries()) {
    const x = value?.soleUser === node ? gateInput(value.producer) : undefined
    const other = node.inputs[1 - i]
    const half = withScalar(other?.producer, 'Mul')
    if (x !== undefined && half?.scalar === 0.5 && half.data === x && other?.soleUser === node) {
      return { x, from: [node, value!.producer!, other.producer!] }
    }
  }
  return undefined
}

/** The x of 1 + erf(x / sqrt 2), seen from the Add. */
function gateInput(add: Node | undefined): Value | undefined {
  const sum = withScalar(add, 'Add')
  const erf = sum?.scalar === 1 ? sum.data.producer : undefined
  if (erf === undefined || !erf.is('Erf') || sum?.data.soleUser !== add) return undefined
  const scaled = erf.inputs[0]
  if (scaled?.soleUser !== erf) return undefined
  const divided = withScalar(scaled.producer, 'Div')
  if (divided !== undefined && !divided.isReversed && isAbout(divided.scalar, Math.SQRT2)) return divided.data
  const multiplied = withScalar(scaled.producer, 'Mul')
  return multiplied !== undefined && isAbout(multiplied.scalar, Math.SQRT1_2) ? multiplied.data : undefined
}

/** x * Sigmoid(x) is Swish (opset 24); `alpha` inside the Sigmoid is its attribute. */
export const recogniseSilu = definePass({
  id: 'recognise-silu',
  kind: 'rounding',
  rule: 'x Sigmoid(x) = Swish(x)',
  example: ['y = Mul(x, Sigmoid(x))', 'y = Swish(x)'],
  roots: ['Mul'],
  match(node) {
    if ((node.graph.opsets.get('') ?? 0) < 24 || !node.is('Mul')) return null
    for (const [i, gate] of node.inputs.entries()) {
      const sigmoid = gate?.producer
      const x = node.inputs[1 - i]
      if (
        sigmoid === undefined ||
        !sigmoid.is('Sigmoid') ||
        gate?.soleUser !== node ||
        x === undefined ||
        !isFloat32(x)
      )
        continue
      if (sigmoid.inputs[0] !== x || scalarOf(x) !== undefined) continue
      return (patch) => {
        const swish = patch.insertBefore(node, { opType: 'Swish', inputs: [x], from: [node, sigmoid] })
        patch.replaceNode(node, swish.outputs[0]!)
      }
    }
    return null
  },
})
