import { constantOf } from '../ir/constant.js'
import type { Node, Value } from '../ir/graph.js'
import type { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import { type ConvolutionLayer, convolutionLayer, isPointwise, layerTensors } from '../passes/convolution-layer.js'
import { allFinite, fromDoubles, isWritable, toDoubles } from '../passes/weights.js'
import { channelsAt, type RowLayout, vectorsAt, windowsAt } from './feature-rows.js'

/**
 * A layer as a linear system: rows of features (one for each output position, a 1 for the bias at the end) times weights
 * [width, outputs] are rows of its output. A grouped convolution is one system for each group.
 */
export interface LinearLayer {
  /** The one that multiplies; a bias may be added by the next. */
  readonly node: Node
  readonly input: Value
  /** With the bias, where there is one. */
  readonly output: Value
  /** Where the channels of its output are. */
  readonly layout: RowLayout
  readonly groups: number
  /** Of one group, without the bias. */
  readonly features: number
  /** False for a product that nothing is added to. */
  readonly hasBias: boolean
  /** Columns of the rows: the features, and the 1 of the bias. */
  readonly width: number
  readonly outputs: number
  /** Every output position sees one input position, and no other sees it. */
  readonly isPointwise: boolean
  /** Features of one sample at some output positions, of one group: [positions, width]. */
  rows(x: Tensor, outDims: readonly number[], positions: Int32Array, group: number): Float32Array
  weights(group: number): Float64Array
  /** Gives the layer other weights, one list a group; false: they are too large for the dtype, and it keeps what it has. */
  write(patch: Patch, weights: readonly Float64Array[]): boolean
}

/** A 2-D Conv, a Gemm, or a MatMul with or without a bias added to it, of constant weights; undefined for anything else. */
export const linearLayer = (node: Node): LinearLayer | undefined => convolution(node) ?? gemm(node) ?? product(node)

function convolution(node: Node): LinearLayer | undefined {
  const layer = convolutionLayer(node)
  if (layer === undefined || layer.kernel.length !== 2) return undefined
  const groups = layer.group
  const [outputs, inputs] = [layer.outChannels / groups, layer.inChannels / groups]
  const features = layer.weight.length / layer.outChannels
  return {
    node,
    input: node.inputs[0]!,
    output: node.outputs[0]!,
    layout: 'channels-first',
    groups,
    features,
    hasBias: true,
    width: features + 1,
    outputs,
    isPointwise: isPointwise(layer),
    rows: (x, outDims, positions, group) =>
      windowsAt(x, layer, outDims, positions, { first: group * inputs, count: inputs }),
    weights: (group) => columns(layer.weight, layer.bias, group * outputs, outputs, features),
    write: (patch, weights) => writeConvolution(patch, node, layer, weights),
  }
}

function writeConvolution(
  patch: Patch,
  node: Node,
  layer: ConvolutionLayer,
  weights: readonly Float64Array[],
): boolean {
  const outputs = layer.outChannels / layer.group
  const features = layer.weight.length / layer.outChannels
  const weight = Float64Array.from(layer.weight, (_, i) => {
    const channel = Math.floor(i / features)
    return weights[Math.floor(channel / outputs)]![(i % features) * outputs + (channel % outputs)]!
  })
  const bias = Float64Array.from(
    layer.bias,
    (_, channel) => weights[Math.floor(channel / outputs)]![features * outputs + (channel % outputs)]!,
  )
  const tensors = layerTensors({ ...layer, weight, bias })
  if (tensors === undefined) return false
  replaceConstant(patch, node, 1, tensors.weight)
  replaceConstant(patch, node, 2, tensors.bias)
  return true
}

/** A [rows, K] times B [K, N] or its transpose, plus C. */
function gemm(node: Node): LinearLayer | undefined {
  if (!node.is('Gemm') || node.int('transA', 0) !== 0) return undefined
  if (node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1) return undefined
  const [weight, tensor] = [constantOf(node.inputs[1]), constantOf(node.inputs[2])]
  if (weight?.rank !== 2 || (node.inputs[2] !== undefined && tensor === undefined)) return undefined
  const isTransposed = node.int('transB', 0) !== 0
  if (tensor !== undefined && (tensor.size !== weight.dims[isTransposed ? 0 : 1] || tensor.rank !== 1)) return undefined
  return dense(node, weight, isTransposed, { node, input: 2, tensor })
}

/** A [..., K] times B [K, N]; a vector [N] that is added to nothing else but that is its bias. */
function product(node: Node): LinearLayer | undefined {
  const weight = constantOf(node.inputs[1])
  const rank = dimsOf(node.inputs[0]?.type)?.length ?? 0
  if (!node.is('MatMul') || weight?.rank !== 2 || rank < 2) return undefined
  return dense(node, weight, false, addedBias(node.outputs[0]!, weight.dims[1]!, rank))
}

function addedBias(value: Value, outputs: number, rank: number): Bias | undefined {
  const node = value.soleUser
  if (node?.is('Add') !== true) return undefined
  const input = node.inputs.findIndex((operand) => operand !== value)
  const tensor = constantOf(node.inputs[input])
  const isRow = tensor?.size === outputs && tensor.dims.at(-1) === outputs && tensor.rank <= rank
  return isRow ? { node, input, tensor } : undefined
}

/** Where a bias is, or goes. */
interface Bias {
  readonly node: Node
  readonly input: number
  /** undefined: there is none yet. */
  readonly tensor: Tensor | undefined
}

function dense(node: Node, weight: Tensor, isTransposed: boolean, bias: Bias | undefined): LinearLayer | undefined {
  if (!isWritable(weight.dtype)) return undefined
  const [rows, columns] = weight.dims as readonly [number, number]
  const [features, outputs] = isTransposed ? [columns, rows] : [rows, columns]
  const hasBias = bias !== undefined
  const width = features + (hasBias ? 1 : 0)
  const values = toDoubles(weight)!
  const at = (i: number, o: number) => (isTransposed ? o * features + i : i * outputs + o)
  return {
    node,
    input: node.inputs[0]!,
    output: (bias?.node ?? node).outputs[0]!,
    layout: 'channels-last',
    groups: 1,
    features,
    hasBias,
    width,
    outputs,
    isPointwise: true,
    rows: (x, _, positions) => (hasBias ? vectorsAt(x, positions) : channelsAt(x, positions, 'channels-last')),
    weights() {
      const found = new Float64Array(width * outputs)
      for (let o = 0; o < outputs; o++) for (let i = 0; i < features; i++) found[i * outputs + o] = values[at(i, o)]!
      if (bias?.tensor !== undefined) found.set(toDoubles(bias.tensor)!, features * outputs)
      return found
    },
    write(patch, [weights]) {
      const content = new Float64Array(values.length)
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < features; i++) content[at(i, o)] = weights![i * outputs + o]!
      const written = fromDoubles(weight.dtype, weight.dims, content)
      if (!allFinite(written)) return false
      if (bias !== undefined) {
        const added = fromDoubles(weight.dtype, bias.tensor?.dims ?? [outputs], weights!.slice(features * outputs))
        if (!allFinite(added)) return false
        replaceConstant(patch, bias.node, bias.input, added)
      }
      replaceConstant(patch, node, 1, written)
      return true
    },
  }
}

/** Output channels from `first` on as columns [features + 1, outputs], the bias in the last row. */
function columns(
  weight: Float64Array,
  bias: Float64Array,
  first: number,
  outputs: number,
  features: number,
): Float64Array {
  const found = new Float64Array((features + 1) * outputs)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < features; i++) found[i * outputs + o] = weight[(first + o) * features + i]!
    found[features * outputs + o] = bias[first + o]!
  }
  return found
}

/** Under the name of the one that goes, if nobody else takes that. */
function replaceConstant(patch: Patch, node: Node, index: number, tensor: Tensor): void {
  const old = node.inputs[index]
  const value = patch.setConstant(node, index, tensor)
  if (old !== undefined && !old.isUsed) patch.exchangeNames(value, old)
}
