import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import { attr } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { definePass } from '../define.js'
import { isFloat32, scalarOf, withScalar } from './scalar-constant.js'

/**
 * (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * gamma + beta over the last axes is LayerNormalization (opset 17). The
 * scale must be a constant over exactly the normalised axes; the shift, if any, likewise.
 */
export const recogniseLayerNormalization = definePass({
  id: 'recognise-layer-normalization',
  kind: 'rounding',
  rule: '(x - mean x) / sqrt(mean (x - mean x)^2 + e) g + b = LayerNormalization(x, g, b)',
  example: [
    'd = Sub(x, ReduceMean(x)); y = Add(Mul(Div(d, Sqrt(Add(ReduceMean(Pow(d, 2)), e))), g), b)',
    'y = LayerNormalization(x, g, b)',
  ],
  roots: ['Mul'],
  match(node) {
    if ((node.graph.opsets.get('') ?? 0) < 17 || !node.is('Mul')) return null
    const scaleIndex = node.inputs.findIndex((input) => constantOf(input) !== undefined)
    const normalised = node.inputs[1 - scaleIndex]
    const scale = node.inputs[scaleIndex]
    if (scaleIndex < 0 || scale === undefined || normalised?.soleUser !== node) return null
    const found = normalisation(normalised.producer)
    if (found === undefined || !isFloat32(found.x)) return null
    const dims = dimsOf(found.x.type)
    const wanted = dims?.slice(found.axis)
    if (dims === undefined || wanted === undefined || !hasShape(scale, wanted)) return null
    const add = node.outputs[0]!.soleUser
    const shift =
      add?.is('Add') && add.graph === node.graph
        ? add.inputs.find((input) => input !== node.outputs[0] && constantOf(input) !== undefined)
        : undefined
    const isShifted = shift !== undefined && hasShape(shift, wanted)
    const last = isShifted ? add! : node
    const attributes = { axis: attr.int(found.axis - dims.length), epsilon: attr.float(found.epsilon) }
    return (patch) => {
      const from = [last, node, normalised.producer!]
      const inputs = [found.x, scale, isShifted ? shift : undefined]
      const layer = patch.insertBefore(last, { opType: 'LayerNormalization', inputs, attributes, from })
      patch.replaceNode(last, layer.outputs[0]!)
    }
  },
})

const hasShape = (value: Value, dims: readonly unknown[]): boolean => constantOf(value)?.dims.join() === dims.join()

interface Normalisation {
  readonly x: Value
  readonly axis: number
  readonly epsilon: number
}

/** d / sqrt(mean(d^2) + e) with d = x - mean(x), seen from the Div. Every value in between has no other consumer. */
function normalisation(div: Node | undefined): Normalisation | undefined {
  if (div === undefined || !div.is('Div')) return undefined
  const [centred, root] = div.inputs
  const sub = centred?.producer
  const sqrt = root?.producer
  if (sub === undefined || !sub.is('Sub') || sqrt === undefined || !sqrt.is('Sqrt') || root?.soleUser !== div)
    return undefined
  const sum = withScalar(only(sqrt.inputs[0], sqrt), 'Add')
  const variance = sum === undefined ? undefined : only(sum.data, sqrt.inputs[0]!.producer!)
  const square = variance?.is('ReduceMean') ? only(variance.inputs[0], variance) : undefined
  if (sum === undefined || variance === undefined || square === undefined || !isSquareOf(square, centred!))
    return undefined
  const [x, average] = sub.inputs
  const mean = average?.producer
  if (
    x === undefined ||
    mean === undefined ||
    !mean.is('ReduceMean') ||
    mean.inputs[0] !== x ||
    average?.soleUser !== sub
  )
    return undefined
  // d serves the quotient and the square (once, or twice in d * d), nothing else.
  const centredUses = [...centred!.users.keys()].every((user) => user === div || user === square)
  const axis = lastAxes(mean)
  return centredUses && !centred!.isGraphOutput && axis !== undefined && axis === lastAxes(variance)
    ? { x, axis, epsilon: sum.scalar }
    : undefined
}

/** The producer of a value that `user` alone consumes. */
const only = (value: Value | undefined, user: Node): Node | undefined =>
  value?.soleUser === user ? value.producer : undefined

function isSquareOf(node: Node, value: Value): boolean {
  if (node.is('Mul')) return node.inputs[0] === value && node.inputs[1] === value
  return node.is('Pow') && node.inputs[0] === value && scalarOf(node.inputs[1]) === 2
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
