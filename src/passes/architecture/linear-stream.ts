import { shapesEqual } from '../../ir/dim.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { Patch } from '../../ir/patch.js'
import { dimsOf } from '../../ir/type.js'
import { type ConvolutionLayer, convolutionGeometry, convolutionLayer, layerTensors } from '../convolution-layer.js'

/**
 * Values that hold the same channels, on axis 1, where nothing but dense convolutions writes and reads them, and sums between
 * them: a residual stream without activations on it. Any invertible matrix over its channels can be put into the writers if its
 * inverse is put into the readers: the function stays the same.
 */
export interface LinearStream {
  readonly channels: number
  readonly writers: readonly Node[]
  /** What each reads is one of the stream's values. */
  readonly readers: readonly Node[]
}

/** In execution order of their first writers. */
export function linearStreams(model: Model): LinearStream[] {
  const streams: LinearStream[] = []
  const seen = new Set<Value>()
  for (const node of model.graph.nodes()) {
    const output = node.outputs[0]
    if (output === undefined || seen.has(output) || !isDense(node)) continue
    const stream = streamThrough(output, seen)
    if (stream !== undefined && stream.readers.length > 0) streams.push(stream)
  }
  return streams
}

const isDense = (node: Node): boolean => convolutionGeometry(node)?.group === 1

function streamThrough(start: Value, seen: Set<Value>): LinearStream | undefined {
  const [writers, readers, values] = [new Set<Node>(), new Set<Node>(), new Set<Value>()]
  const open = [start]
  let isClosed = true
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (values.has(value)) continue
    values.add(value)
    seen.add(value)
    const { producer } = value
    if (producer === undefined || value.isGraphOutput || value.isPinned || value.users.size === 0) isClosed = false
    else if (isSum(producer)) open.push(...(producer.inputs as Value[]))
    else if (isDense(producer)) writers.add(producer)
    else isClosed = false
    for (const [user, slots] of value.users) {
      if (isSum(user) && user.graph.owner === undefined) open.push(user.outputs[0]!)
      else if (isDense(user) && user.inputs[0] === value && slots === 1) readers.add(user)
      else isClosed = false
    }
  }
  const channels = dimsOf(start.type)?.[1]
  if (!isClosed || typeof channels !== 'number') return undefined
  return { channels, writers: [...writers], readers: [...readers] }
}

/** Of two values of the same sizes, neither of them constant. */
export function isSum(node: Node): boolean {
  if (!node.is('Add')) return false
  const [a, b] = node.inputs.map((input) => (input?.tensor === undefined ? dimsOf(input?.type) : undefined))
  return a !== undefined && b !== undefined && shapesEqual(a, b)
}

/**
 * Changes the basis of a stream: its values become `forward` [channels, channels] times what they were; `backward` is the inverse.
 * Both row-major. Returns whether it was done: not where weights would leave the range of their dtype.
 */
export function changeBasis(
  model: Model,
  { channels, writers, readers }: LinearStream,
  forward: Float64Array,
  backward: Float64Array,
): boolean {
  const layers = new Map([...writers, ...readers].map((node) => [node, convolutionLayer(node)!]))
  for (const node of writers) layers.set(node, mixedOutputs(layers.get(node)!, forward))
  for (const node of readers) layers.set(node, mixedInputs(layers.get(node)!, backward, channels))
  const tensors = [...layers].map(([node, layer]) => ({ node, tensors: layerTensors(layer) }))
  if (tensors.some((each) => each.tensors === undefined)) return false
  const patch = new Patch(model)
  for (const { node, tensors: made } of tensors) {
    patch.setConstant(node, 1, made!.weight)
    patch.setConstant(node, 2, made!.bias)
  }
  patch.collectGarbage(() => true)
  return true
}

/** Output channels become `matrix` times what they were. */
function mixedOutputs(layer: ConvolutionLayer, matrix: Float64Array): ConvolutionLayer {
  const { outChannels } = layer
  const width = layer.weight.length / outChannels
  const weight = new Float64Array(layer.weight.length)
  const bias = new Float64Array(outChannels)
  for (let o = 0; o < outChannels; o++) {
    for (let from = 0; from < outChannels; from++) {
      const share = matrix[o * outChannels + from]!
      bias[o]! += share * layer.bias[from]!
      for (let i = 0; i < width; i++) weight[o * width + i]! += share * layer.weight[from * width + i]!
    }
  }
  return { ...layer, weight, bias }
}

/** Input channels were `matrix` times what they are. */
function mixedInputs(layer: ConvolutionLayer, matrix: Float64Array, channels: number): ConvolutionLayer {
  const taps = layer.weight.length / (layer.outChannels * channels)
  const weight = new Float64Array(layer.weight.length)
  for (let o = 0; o < layer.outChannels; o++) {
    for (let from = 0; from < channels; from++) {
      for (let to = 0; to < channels; to++) {
        const share = matrix[from * channels + to]!
        for (let t = 0; t < taps; t++)
          weight[(o * channels + to) * taps + t]! += share * layer.weight[(o * channels + from) * taps + t]!
      }
    }
  }
  return { ...layer, weight }
}
