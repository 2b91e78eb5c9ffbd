import { constantOf } from '../../ir/constant.js'
import { isStatic } from '../../ir/dim.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr } from '../../ir/patch.js'
import { volume } from '../../ir/tensor.js'
import { dimsOf, dtypeOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { fromDoubles } from '../weights.js'
import { isFloat, withScalar } from './scalar-constant.js'

/**
 * (x - mean) / sqrt(mean((x - mean)^2) + epsilon), then * gamma, then + beta, over the last axes, is LayerNormalization
 * (opset 17). Scale and shift, where there are any, must be constants over exactly the normalised axes.
 */
export const recogniseLayerNormalization = definePass({
  id: 'recognise-layer-normalization',
  kind: 'rounding',
  rule: '(x - mean x) / sqrt(mean (x - mean x)^2 + e) g + b = LayerNormalization(x, g, b)',
  example: [
    'd = Sub(x, ReduceMean(x)); y = Add(Mul(Div(d, Sqrt(Add(ReduceMean(Pow(d, 2)), e))), g), b)',
    'y = LayerNormalization(x, g, b)',
  ],
  roots: ['Div', 'Mul'],
  match(node) {
    if ((node.graph.opsets.get('') ?? 0) < 17) return null
    const found = normalisation(node)
    const dims = dimsOf(found?.x.type)
    if (found === undefined || dims === undefined || !isFloat(found.x)) return null
    const wanted = dims.slice(found.axis)
    if (!wanted.every(isStatic)) return null
    const scaled = withVector(node, 'Mul', wanted)
    const shifted = withVector(scaled?.node ?? node, 'Add', wanted)
    // Without scale and shift LayerNormalization still takes a scale: ones, if they are few.
    if (scaled === undefined && volume(wanted) > onesLimit) return null
    const last = shifted?.node ?? scaled?.node ?? node
    const attributes = { axis: attr.int(found.axis - dims.length), epsilon: attr.float(found.epsilon) }
    return (patch) => {
      const from = [...new Set([last, ...(scaled ? [scaled.node] : []), ...found.nodes])]
      const ones = () => fromDoubles(dtypeOf(found.x.type)!, wanted, new Float64Array(volume(wanted)).fill(1))
      const scale = scaled?.constant ?? patch.constant(node.graph, ones(), `${node.outputs[0]!.name}_scale`)
      const inputs = [found.x, scale, shifted?.constant]
      const layer = patch.insertBefore(last, { opType: 'LayerNormalization', inputs, attributes, from })
      patch.replaceNode(last, layer.outputs[0]!)
    }
  },
})

/** Elements of a scale made up of ones. */
const onesLimit = 4096

/** The Mul or Add that alone consumes a node's output, with a constant of exactly these dims. */
function withVector(node: Node, opType: string, dims: readonly number[]) {
  const output = node.outputs[0]
  const user = output?.soleUser
  if (user === undefined || !user.is(opType) || user.graph !== node.graph || user.attributes.size > 0) return undefined
  const constant = user.inputs.find((input) => input !== output && constantOf(input)?.dims.join() === dims.join())
  return constant === undefined ? undefined : { node: user, constant }
}

interface Normalisation {
  readonly x: Value
  readonly axis: number
  readonly epsilon: number
  readonly nodes: readonly Node[]
}

/** d / sqrt(mean(d^2) + e) or d * (1 / sqrt ...), with d = x - mean(x). What is in between serves nothing else. */
function normalisation(last: Node): Normalisation | undefined {
  for (const [centred, root] of quotients(last)) {
    const sub = centred.producer
    const sum = withScalar(root, 'Add')
    const variance = root === undefined ? undefined : only(sum?.data, root)
    const square = variance?.is('ReduceMean') ? only(variance.inputs[0], variance) : undefined
    if (sum === undefined || variance === undefined || square === undefined || !isSquareOf(square, centred)) continue
    const x = sub?.is('Sub') ? sub.inputs[0] : undefined
    const mean = sub === undefined ? undefined : only(sub.inputs[1], sub)
    if (x === undefined || sub === undefined || !mean?.is('ReduceMean') || mean.inputs[0] !== x) continue
    // d serves the quotient and the square (once, or twice in d * d), nothing else.
    const isCentredOurs = [...centred.users.keys()].every((user) => user === last || user === square)
    const axis = lastAxes(mean)
    if (!isCentredOurs || centred.isGraphOutput || centred.isPinned || axis === undefined) continue
    if (axis !== lastAxes(variance) || sum.scalar < 0) continue
    return { x, axis, epsilon: sum.scalar, nodes: [last, root!, variance, square, sub, mean] }
  }
  return undefined
}

/** Ways to read a node as d / sqrt(s): [d, the producer of s]. */
function quotients(node: Node): (readonly [Value, Node | undefined])[] {
  const [left, right] = node.inputs
  if (left === undefined || right === undefined || node.attributes.size > 0) return []
  if (node.is('Div')) return [[left, underRoot(only(right, node))]]
  if (!node.is('Mul')) return []
  return [
    [left, underRoot(inverse(only(right, node)))],
    [right, underRoot(inverse(only(left, node)))],
  ]
}

/** The node whose root is taken by a Sqrt. */
const underRoot = (node: Node | undefined): Node | undefined =>
  node?.is('Sqrt') ? only(node.inputs[0], node) : undefined

/** The node of which 1 / x or Reciprocal takes the inverse. */
function inverse(node: Node | undefined): Node | undefined {
  if (node === undefined) return undefined
  if (node.is('Reciprocal')) return only(node.inputs[0], node)
  const divided = withScalar(node, 'Div')
  return divided?.isReversed && divided.scalar === 1 ? only(divided.data, node) : undefined
}

/** The producer of a value that `user` alone consumes. */
const only = (value: Value | undefined, user: Node): Node | undefined =>
  value?.soleUser === user ? value.producer : undefined

function isSquareOf(node: Node, value: Value): boolean {
  if (node.is('Mul')) return node.inputs[0] === value && node.inputs[1] === value
  const power = withScalar(node, 'Pow')
  return power !== undefined && !power.isReversed && power.data === value && power.scalar === 2
}

/** First of the reduced axes, when they are the last ones and are kept; counted from the front. */
function lastAxes(mean: Node): number | undefined {
  const found = contextOf(mean)
  const rank = dimsOf(mean.inputs[0]?.type)?.length
  if (found === undefined || rank === undefined || found.context.int('keepdims') === 0) return undefined
  const given = found.context.ints('axes') ?? found.context.numbers(1)
  if (given === undefined || given.length === 0) return undefined
  const axes = given.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b)
  return axes.every((axis, i) => axis === rank - axes.length + i) ? axes[0] : undefined
}
