import { constantOf } from '../../ir/constant.js'
import type { Node, Value } from '../../ir/graph.js'
import { contextOf } from '../../ir/infer.js'
import type { Patch } from '../../ir/patch.js'
import type { Tensor } from '../../ir/tensor.js'
import { dimsOf } from '../../ir/type.js'
import { allFinite, fromDoubles, isFaithful, isWritable, scaleAlong, toDoubles } from '../weights.js'

/** A layer that is linear in its first input, with a constant weight: what per-channel maps fold into. */
export interface LinearLayer {
  readonly node: Node
  readonly weight: Tensor
  /** Number of output channels. */
  readonly channels: number
  /** Axis of the output that holds them, and the output's rank. */
  readonly axis: number
  readonly rank: number
  /** One entry per output channel, zeros without a bias. */
  readonly bias: Float64Array
  /** False for MatMul. */
  readonly takesBias: boolean
  /** The weight with output channel i multiplied by factors[i]. */
  scaledWeight(factors: Float64Array): Float64Array
}

/** Conv, ConvTranspose, Gemm or MatMul with constant weight (and constant bias, if any); undefined for others. */
export function linearLayer(node: Node): LinearLayer | undefined {
  if (node.is('Conv')) return convolution(node)
  if (node.is('ConvTranspose')) return transposedConvolution(node)
  if (node.is('Gemm')) return gemm(node)
  return node.is('MatMul') ? matmul(node) : undefined
}

/** w [M, C/group, k...], bias [M]. */
function convolution(node: Node): LinearLayer | undefined {
  const weight = constantOf(node.inputs[1])
  if (weight === undefined || !isWritable(weight.dtype) || weight.rank < 3) return undefined
  return withBias(node, weight, weight.dims[0]!, 1, weight.rank, (values, factors) =>
    scaleAlong(values, weight.dims, 0, factors),
  )
}

/** w [C, M/group, k...]: output channel m of group g belongs to input channels of that group. */
function transposedConvolution(node: Node): LinearLayer | undefined {
  const weight = constantOf(node.inputs[1])
  const group = contextOf(node)?.context.int('group') ?? 1
  if (weight === undefined || !isWritable(weight.dtype) || weight.rank < 3) return undefined
  const perGroup = weight.dims[1]!
  const inPerGroup = weight.dims[0]! / group
  const inner = weight.dims.slice(2).reduce((all, dim) => all * dim, 1)
  return withBias(node, weight, perGroup * group, 1, weight.rank, (values, factors) =>
    values.map((value, i) => {
      const m = Math.floor(i / inner) % perGroup
      const c = Math.floor(i / (inner * perGroup))
      return value * factors[Math.floor(c / inPerGroup) * perGroup + m]!
    }),
  )
}

function withBias(
  node: Node,
  weight: Tensor,
  channels: number,
  axis: number,
  rank: number,
  scale: (values: Float64Array, factors: Float64Array) => Float64Array,
): LinearLayer | undefined {
  const given = node.inputs[2]
  const tensor = constantOf(given)
  const bias = given === undefined ? new Float64Array(channels) : tensor === undefined ? undefined : toDoubles(tensor)
  if (bias === undefined || bias.length !== channels) return undefined
  return {
    node,
    weight,
    channels,
    axis,
    rank,
    bias,
    takesBias: true,
    scaledWeight: (factors) => scale(toDoubles(weight)!, factors),
  }
}

/**
 * alpha A B + beta C with a C that is a row, or none: s (alpha A B + beta C) + t = alpha A (s B) + (s beta C + t), so the new
 * bias has beta = 1. Before opset 7 C needs an attribute to broadcast.
 */
function gemm(node: Node): LinearLayer | undefined {
  const found = contextOf(node)
  const weight = constantOf(node.inputs[1])
  if (found === undefined || weight?.rank !== 2 || !isWritable(weight.dtype) || found.resolved.since < 7)
    return undefined
  const outAxis = found.context.int('transB') === 1 ? 0 : 1
  const channels = weight.dims[outAxis]!
  const bias = gemmBias(node, channels, found.context.float('beta') ?? 1)
  if (bias === undefined) return undefined
  return {
    node,
    weight,
    channels,
    axis: 1,
    rank: 2,
    bias,
    takesBias: true,
    scaledWeight: (factors) => scaleAlong(toDoubles(weight)!, weight.dims, outAxis, factors),
  }
}

/** beta C as a row; zeros without C. undefined when C is computed or no row. */
function gemmBias(node: Node, channels: number, beta: number): Float64Array | undefined {
  const given = node.inputs[2]
  if (given === undefined) return new Float64Array(channels)
  const tensor = constantOf(given)
  const values = tensor === undefined ? undefined : toDoubles(tensor)
  if (tensor === undefined || values === undefined) return undefined
  if (tensor.size === 1) return new Float64Array(channels).fill(beta * values[0]!)
  return tensor.size === channels && tensor.dims.at(-1) === channels ? values.map((value) => beta * value) : undefined
}

/** A [..., K] times a constant [K, N]; no bias. */
function matmul(node: Node): LinearLayer | undefined {
  const weight = constantOf(node.inputs[1])
  const rank = dimsOf(node.inputs[0]?.type)?.length
  if (weight?.rank !== 2 || !isWritable(weight.dtype) || rank === undefined || rank < 2) return undefined
  return {
    node,
    weight,
    channels: weight.dims[1]!,
    axis: rank - 1,
    rank,
    bias: new Float64Array(weight.dims[1]!),
    takesBias: false,
    scaledWeight: (factors) => scaleAlong(toDoubles(weight)!, weight.dims, 1, factors),
  }
}

/** New constants of a layer; undefined: as they are. */
export interface NewWeights {
  readonly weight: Tensor | undefined
  readonly bias: Tensor | undefined
}

/** Weight and bias in the layer's dtype; undefined when rounding to it would lose them. */
export function roundedWeights(
  layer: LinearLayer,
  weight: Float64Array | undefined,
  bias: Float64Array | undefined,
): NewWeights | undefined {
  const { dtype, dims } = layer.weight
  const newWeight = weight === undefined ? undefined : fromDoubles(dtype, dims, weight)
  const newBias = bias === undefined ? undefined : fromDoubles(dtype, [layer.channels], bias)
  if (newWeight !== undefined && !isFaithful(newWeight, weight!, layer.weight)) return undefined
  if (newBias !== undefined && !allFinite(newBias)) return undefined
  return { weight: newWeight, bias: newBias }
}

/** Gives the layer new constants; other consumers of the old ones keep theirs. */
export function setWeights(patch: Patch, { node }: LinearLayer, { weight, bias }: NewWeights): void {
  if (weight !== undefined) patch.setConstant(node, 1, weight)
  if (bias === undefined) return
  patch.setConstant(node, 2, bias, node.inputs[2]?.name ?? `${node.inputs[1]!.name}_bias`)
  if (node.attributes.has('beta')) patch.setAttribute(node, 'beta', undefined)
}

/** A shared weight up to this size may be copied; a larger one stays shared. Bytes. */
const copiedBytes = 16384

/** Whether changing the weight for this layer would leave a large copy of it behind for others. */
export function isSharedWeight(value: Value | undefined, weight: Tensor): boolean {
  return value !== undefined && weight.byteLength > copiedBytes && value.soleUser === undefined
}
