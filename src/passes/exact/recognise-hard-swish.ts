import type { Node, Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { clipBounds, isAbout, isFloat32, withScalar } from './scalar-constant.js'

/** The x of clip(x + 3, 0, 6), seen from the Clip; the Clip and Add must serve nothing else. */
function shiftedClip(clip: Node | undefined): Value | undefined {
  const bounds = clipBounds(clip)
  if (clip === undefined || bounds === undefined || bounds[0] !== 0 || bounds[1] !== 6) return undefined
  const sum = clip.inputs[0]
  const add = withScalar(sum?.producer, 'Add')
  return add !== undefined && add.scalar === 3 && sum?.soleUser === clip ? add.data : undefined
}

/** v / 6 or v * (1/6): gives v. */
function sixth(node: Node | undefined): Value | undefined {
  const divided = withScalar(node, 'Div')
  if (divided !== undefined && !divided.isReversed && divided.scalar === 6) return divided.data
  const multiplied = withScalar(node, 'Mul')
  return multiplied !== undefined && isAbout(multiplied.scalar, 1 / 6) ? multiplied.data : undefined
}

/** HardSigmoid with slope 1/6 and offset 1/2: clip(x + 3, 0, 6) / 6. In every opset since 6. */
export const recogniseHardSigmoid = definePass({
  id: 'recognise-hard-sigmoid',
  kind: 'rounding',
  rule: 'clip(x + 3, 0, 6) / 6 = HardSigmoid<alpha=1/6, beta=1/2>(x)',
  example: ['y = Div(Clip(Add(x, 3), 0, 6), 6)', 'y = HardSigmoid<alpha=0.1666667, beta=0.5>(x)'],
  roots: ['Div', 'Mul'],
  match(node) {
    const clipped = sixth(node)
    if (clipped === undefined || clipped.soleUser !== node || clipped.producer?.graph !== node.graph) return null
    const x = shiftedClip(clipped.producer)
    if (x === undefined || !isFloat32(x) || (node.graph.opsets.get('') ?? 0) < 6) return null
    return (patch) => {
      const attributes = { alpha: attr.float(1 / 6), beta: attr.float(0.5) }
      const from = [node, clipped.producer!]
      patch.replaceNode(
        node,
        patch.insertBefore(node, { opType: 'HardSigmoid', inputs: [x], attributes, from }).outputs[0]!,
      )
    }
  },
})

/**
 * x clip(x + 3, 0, 6) / 6, in the orders in which it is written: with the operator HardSwish where the opset has it (14),
 * else as x HardSigmoid(x), which still saves two nodes.
 */
export const recogniseHardSwish = definePass({
  id: 'recognise-hard-swish',
  kind: 'rounding',
  rule: 'x clip(x + 3, 0, 6) / 6 = HardSwish(x), or x HardSigmoid<1/6, 1/2>(x) before opset 14',
  example: ['y = Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)', 'y = HardSwish(x)'],
  roots: ['Div', 'Mul'],
  match(node) {
    const found = productOverSix(node) ?? productWithHardSigmoid(node)
    if (found === undefined || !isFloat32(found.x)) return null
    const { x, from } = found
    const opset = node.graph.opsets.get('') ?? 0
    if (opset >= 14) {
      return (patch) =>
        patch.replaceNode(node, patch.insertBefore(node, { opType: 'HardSwish', inputs: [x], from }).outputs[0]!)
    }
    if (opset < 6 || !found.savesNodes) return null
    return (patch) => {
      const attributes = { alpha: attr.float(1 / 6), beta: attr.float(0.5) }
      const gate = patch.insertBefore(node, { opType: 'HardSigmoid', inputs: [x], attributes, from })
      const product = patch.insertBefore(node, { opType: 'Mul', inputs: [x, gate.outputs[0]], from })
      patch.replaceNode(node, product.outputs[0]!)
    }
  },
})

/** (x * clip(x + 3, 0, 6)) / 6 */
function productOverSix(
  node: Node,
): { readonly x: Value; readonly from: readonly Node[]; readonly savesNodes: boolean } | undefined {
  const product = sixth(node)
  const mul = product?.producer
  if (
    product === undefined ||
    mul === undefined ||
    !mul.is('Mul') ||
    product.soleUser !== node ||
    mul.graph !== node.graph
  )
    return undefined
  for (const clipped of mul.inputs) {
    const x = clipped?.soleUser === mul ? shiftedClip(clipped.producer) : undefined
    if (x !== undefined && mul.inputs.includes(x)) return { x, from: [node, mul, clipped!.producer!], savesNodes: true }
  }
  return undefined
}

/** x * HardSigmoid<1/6, 1/2>(x): worth a HardSwish, already short without one. */
function productWithHardSigmoid(node: Node) {
  if (!node.is('Mul') || node.attributes.size > 0) return undefined
  for (const gate of node.inputs) {
    const sigmoid = gate?.producer
    if (sigmoid === undefined || !sigmoid.is('HardSigmoid') || gate?.soleUser !== node || sigmoid.graph !== node.graph)
      continue
    const isOurs = isAbout(sigmoid.float('alpha', 0.2), 1 / 6) && isAbout(sigmoid.float('beta', 0.5), 0.5)
    const x = sigmoid.inputs[0]
    if (isOurs && x !== undefined && node.inputs.includes(x)) return { x, from: [node, sigmoid], savesNodes: false }
  }
  return undefined
}
