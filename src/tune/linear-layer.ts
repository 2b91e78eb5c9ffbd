import { constantOf } from '../ir/constant.js'
import type { Node, Value } from '../ir/graph.js'
import type { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'
import { type ConvolutionLayer, convolutionLayer, isPointwise, layerTensors } from '../passes/convolution-layer.js'
import { allFinite, fromDoubles, isWritable, toDoubles } from '../passes/weights.js'
import { type RowLayout, vectorsAt, windowsAt } from './feature-rows.js'

/**
 * A layer as a linear system: rows of features (one for each output position, a 1 for the bias at the end) times weights
 * [features + 1, outputs] are rows of its output. A grouped convolution is one system for each group.
 */
export interface LinearLayer {
  readonly node: Node
  readonly input: Value
  /** Where the channels of its output are. */
  readonly layout: RowLayout
  readonly groups: number
  /** Of one group, without the bias. */
  readonly features: number
  readonly outputs: number
  /** Every output position sees one input position, and no other sees it. */
  readonly isPointwise: boolean
  /** Features of one sample at some output positions, of one group: [positions, features + 1]. */
  rows(x: Tensor, outDims: readonly number[], positions: Int32Array, group: number): Float32Array
  weights(group: number): Float64Array
  /** Gives the layer other weights, one list a group; false: they are too large for the dtype, and it keeps what it has. */
  write(patch: Patch, weights: readonly Float64Array[]): boolean
}

/** A 2-D Conv or a Gemm with constant weights; undefined for anything else. */
export const linearLayer = (node: Node): LinearLayer | undefined => convolution(node) ?? dense(node)

function convolution(node: Node): LinearLayer | undefined {
  const layer = convolutionLayer(node)
  if (layer === undefined || layer.kernel.length !== 2) return undefined
  const groups = layer.group
  const [outputs, inputs] = [layer.outChannels / groups, layer.inChannels / groups]
  const features = layer.weight.length / layer.outChannels
  return {
    node,
    input: node.inputs[0]!,
    layout: 'channels-first',
    groups,
    features,
    outputs,
    isPointwise: isPointwise(layer),
    rows: (x, outDims, positions, group) =>
      windowsAt(x, layer, outDims[3]!, positions, { first: group * inputs, count: inputs }),
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

/** Gemm: A [rows, K] times B [K, N] or its transpose, plus C. */
function dense(node: Node): LinearLayer | undefined {
  if (!node.is('Gemm') || node.int('transA', 0) !== 0) return undefined
  if (node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1) return undefined
  const [weight, bias] = [constantOf(node.inputs[1]), constantOf(node.inputs[2])]
  if (weight?.rank !== 2 || !isWritable(weight.dtype) || (node.inputs[2] !== undefined && bias === undefined))
    return undefined
  const isTransposed = node.int('transB', 0) !== 0
  const [rows, width] = weight.dims as readonly [number, number]
  const [features, outputs] = isTransposed ? [width, rows] : [rows, width]
  if (bias !== undefined && (bias.size !== outputs || bias.rank !== 1)) return undefined
  const values = toDoubles(weight)!
  const at = (i: number, o: number) => (isTransposed ? o * features + i : i * outputs + o)
  return {
    node,
    input: node.inputs[0]!,
    layout: 'channels-last',
    groups: 1,
    features,
    outputs,
    isPointwise: true,
    rows: (x, _, positions) => vectorsAt(x, positions),
    weights() {
      const found = new Float64Array((features + 1) * outputs)
      for (let o = 0; o < outputs; o++) for (let i = 0; i < features; i++) found[i * outputs + o] = values[at(i, o)]!
      if (bias !== undefined) found.set(toDoubles(bias)!, features * outputs)
      return found
    },
    write(patch, [weights]) {
      const content = new Float64Array(values.length)
      for (let o = 0; o < outputs; o++)
        for (let i = 0; i < features; i++) content[at(i, o)] = weights![i * outputs + o]!
      const written = fromDoubles(weight.dtype, weight.dims, content)
      const added = fromDoubles(weight.dtype, [outputs], weights!.slice(features * outputs))
      if (!allFinite(written) || !allFinite(added)) return false
      replaceConstant(patch, node, 1, written)
      replaceConstant(patch, node, 2, added)
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
