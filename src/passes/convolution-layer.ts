import { constantOf } from '../ir/constant.js'
import type { DType } from '../ir/dtype.js'
import type { Node } from '../ir/graph.js'
import { contextOf } from '../ir/infer.js'
import { slidingWindow } from '../ir/ops/sliding-window.js'
import { attr, type NodeSpec } from '../ir/patch.js'
import { type Tensor, volume } from '../ir/tensor.js'
import { allFinite, fromDoubles, isWritable, toDoubles } from './weights.js'

/** What a convolution does to sizes: x [N, C, spatial...] -> [N, M, spatial...]. Lists have one entry per spatial axis. */
export interface ConvolutionGeometry {
  readonly inChannels: number
  readonly outChannels: number
  readonly group: number
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly pads: { readonly begin: readonly number[]; readonly end: readonly number[] }
}

/** A convolution as numbers. */
export interface ConvolutionLayer extends ConvolutionGeometry {
  /** [M, C / group, kernel...], row-major. */
  readonly weight: Float64Array
  /** One entry per output channel, zeros without a bias. */
  readonly bias: Float64Array
  readonly dtype: DType
}

/** Sizes of a Conv with constant weights and a known padding, weights unread; undefined for anything else. */
export function convolutionGeometry(node: Node): ConvolutionGeometry | undefined {
  if (!node.is('Conv')) return undefined
  const weight = constantOf(node.inputs[1])
  const found = contextOf(node)
  if (weight === undefined || found === undefined || weight.rank < 3 || !isWritable(weight.dtype)) return undefined
  if (node.inputs[2] !== undefined && constantOf(node.inputs[2]) === undefined) return undefined
  const kernel = weight.dims.slice(2)
  const window = slidingWindow(found.context, [...kernel])
  if (window?.pads === undefined) return undefined
  const group = found.context.int('group') ?? 1
  return {
    inChannels: weight.dims[1]! * group,
    outChannels: weight.dims[0]!,
    group,
    kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: window.pads,
  }
}

/** A Conv with constant weights and a known padding; undefined for anything else. */
export function convolutionLayer(node: Node): ConvolutionLayer | undefined {
  const geometry = convolutionGeometry(node)
  if (geometry === undefined) return undefined
  const [weight, bias] = [constantOf(node.inputs[1])!, constantOf(node.inputs[2])]
  return {
    ...geometry,
    weight: toDoubles(weight)!,
    bias: bias === undefined ? new Float64Array(geometry.outChannels) : toDoubles(bias)!,
    dtype: weight.dtype,
  }
}

export const isPadded = ({ pads }: ConvolutionGeometry): boolean =>
  [...pads.begin, ...pads.end].some((pad) => pad !== 0)

export const hasBias = ({ bias }: ConvolutionLayer): boolean => bias.some((value) => value !== 0)

/** 1x1 with stride 1 and without padding: it mixes channels and nothing else. */
export const isPointwise = (layer: ConvolutionGeometry): boolean =>
  [...layer.kernel, ...layer.strides].every((size) => size === 1) && !isPadded(layer)

/** Every input channel by itself, over a window. */
export const isDepthwise = ({ group, inChannels, kernel }: ConvolutionGeometry): boolean =>
  group > 1 && group === inChannels && volume(kernel) > 1

export const weightDims = ({ outChannels, inChannels, group, kernel }: ConvolutionGeometry): number[] => [
  outChannels,
  inChannels / group,
  ...kernel,
]

/** Weight and bias in the layer's dtype; undefined when they do not fit it. */
export function layerTensors(layer: ConvolutionLayer): { readonly weight: Tensor; readonly bias: Tensor } | undefined {
  const weight = fromDoubles(layer.dtype, weightDims(layer), layer.weight)
  const bias = fromDoubles(layer.dtype, [layer.outChannels], layer.bias)
  return allFinite(weight) && allFinite(bias) ? { weight, bias } : undefined
}

/** Attributes of a Conv that computes the layer. */
export const layerAttributes = (layer: ConvolutionGeometry): NonNullable<NodeSpec['attributes']> => ({
  dilations: attr.ints(layer.dilations),
  group: attr.int(layer.group),
  kernel_shape: attr.ints(layer.kernel),
  pads: attr.ints([...layer.pads.begin, ...layer.pads.end]),
  strides: attr.ints(layer.strides),
})

/** s (W x + b) + t, per output channel; both lists have one entry per output channel. */
export function scaledLayer(layer: ConvolutionLayer, scale: Float64Array, shift: Float64Array): ConvolutionLayer {
  const perChannel = layer.weight.length / layer.outChannels
  return {
    ...layer,
    weight: layer.weight.map((value, i) => value * scale[Math.floor(i / perChannel)]!),
    bias: layer.bias.map((value, i) => value * scale[i]! + shift[i]!),
  }
}
