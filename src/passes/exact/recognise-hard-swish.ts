import type { Node, Value } from '../../ir/graph.js'
import { attr, type Patch } from '../../ir/patch.js'
import { definePass } from '../define.js'
import { otherFactor, productOf } from './product.js'
import { clipBounds, isAbout, isFloat, withScalar } from './scalar-constant.js'

/** clip(a x + b, 0, 1) as HardSigmoid knows it, with the nodes that spell it, the last one first. */
interface HardGate {
  readonly x: Value
  readonly alpha: number
  readonly beta: number
  readonly nodes: readonly Node[]
}

/** scale * clip(x + b, 0, 1 / scale), seen from the Clip; the Add may be missing. Each serves nothing else. */
function scaledClip(clip: Node | undefined, scale: number): HardGate | undefined {
  const bounds = clipBounds(clip)
  const input = clip?.inputs[0]
  if (clip === undefined || bounds === undefined || input === undefined || bounds[0] !== 0) return undefined
  if (!(scale > 0) || !isAbout(scale * bounds[1], 1, input)) return undefined
  const sum = input.soleUser === clip ? withScalar(input.producer, 'Add') : undefined
  if (sum === undefined) return { x: input, alpha: scale, beta: 0, nodes: [clip] }
  return { x: sum.data, alpha: scale, beta: sum.scalar * scale, nodes: [clip, input.producer!] }
}

/** x / 6 + 1 / 2 between 0 and 1: the gate of HardSwish. */
const isSixthAndHalf = ({ x, alpha, beta }: HardGate): boolean => isAbout(alpha, 1 / 6, x) && isAbout(beta, 0.5, x)

const hardSigmoid = (patch: Patch, before: Node, { x, alpha, beta }: HardGate, from: readonly Node[]): Value =>
  patch.insertBefore(before, {
    opType: 'HardSigmoid',
    inputs: [x],
    attributes: { alpha: attr.float(alpha), beta: attr.float(beta) },
    from,
  }).outputs[0]!

/** A clipped ramp, scaled to end at 1: clip(x + 3, 0, 6) / 6 is HardSigmoid with slope 1/6 and offset 1/2. Opset 6. */
export const recogniseHardSigmoid = definePass({
  id: 'recognise-hard-sigmoid',
  kind: 'rounding',
  rule: 's clip(x + b, 0, 1 / s) = HardSigmoid<alpha=s, beta=s b>(x)',
  example: ['y = Div(Clip(Add(x, 3), 0, 6), 6)', 'y = HardSigmoid<alpha=0.1666667, beta=0.5>(x)'],
  roots: ['Div', 'Mul'],
  match(node) {
    const product = productOf(node)
    const clipped = product?.factors.length === 1 ? product.factors[0] : undefined
    const user = clipped?.soleUser
    if (product === undefined || user === undefined || !product.nodes.includes(user)) return null
    const gate = scaledClip(clipped!.producer, product.scale)
    if (gate === undefined || !isFloat(gate.x) || (node.graph.opsets.get('') ?? 0) < 6) return null
    return (patch) => patch.replaceNode(node, hardSigmoid(patch, node, gate, [...product.nodes, ...gate.nodes]))
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
    const product = productOf(node)
    const opset = node.graph.opsets.get('') ?? 0
    if (product === undefined || opset < 6) return null
    for (const x of product.factors) {
      const gated = otherFactor(product, x)
      const user = gated?.soleUser
      if (gated === undefined || !isFloat(x) || user === undefined || !product.nodes.includes(user)) continue
      const clip = scaledClip(gated.producer, product.scale)
      const gate = clip ?? (product.scale === 1 ? ownGate(gated.producer) : undefined)
      if (gate === undefined || gate.x !== x || !isSixthAndHalf(gate)) continue
      const from = [...product.nodes, ...gate.nodes]
      if (opset >= 14) {
        return (patch) =>
          patch.replaceNode(node, patch.insertBefore(node, { opType: 'HardSwish', inputs: [x], from }).outputs[0]!)
      }
      if (clip === undefined) return null
      return (patch) => {
        const inputs = [x, hardSigmoid(patch, node, clip, from)]
        patch.replaceNode(node, patch.insertBefore(node, { opType: 'Mul', inputs, from }).outputs[0]!)
      }
    }
    return null
  },
})

/** A HardSigmoid as it stands. */
function ownGate(node: Node | undefined): HardGate | undefined {
  const x = node?.inputs[0]
  if (node === undefined || x === undefined || !node.is('HardSigmoid')) return undefined
  return { x, alpha: node.float('alpha', 0.2), beta: node.float('beta', 0.5), nodes: [node] }
}
