import type { Model, Value } from '../ir/graph.js'
import { attr, Patch } from '../ir/patch.js'
import { Tensor, volume } from '../ir/tensor.js'
import { dimsOf, tensorType } from '../ir/type.js'
import { drawnPositions, rowShape } from './feature-rows.js'

/** Sizes of the axes behind channels, where a value [N, C, positions...] has known ones. */
export function knownPositions(value: Value): readonly number[] | undefined {
  const dims = dimsOf(value.type)?.slice(2)
  if (dims === undefined || dims.length === 0 || dims.some((dim) => typeof dim !== 'number')) return undefined
  return dims as number[]
}

/**
 * Lets a model give [N, C, wanted, 1] of a value [N, C, positions...] of its main graph instead of all of it: the positions
 * drawn for that many. The output has the returned name.
 */
export function pickPositions(model: Model, value: Value, wanted: number): string {
  const count = volume(knownPositions(value)!)
  const drawn = drawnPositions(count, wanted)
  const patch = new Patch(model)
  const { graph } = model
  const constant = (tensor: Tensor) => patch.constant(graph, tensor, 'picked')
  const add = (opType: string, inputs: Value[], attributes = {}) =>
    patch.append(graph, { opType, inputs, attributes, from: [], name: `${value.name} picked` }).outputs[0]!
  const flat = add('Reshape', [value, constant(Tensor.int64([0, 0, -1]))])
  const picked = add('Gather', [flat, constant(Tensor.int64([...drawn]))], { axis: attr.int(2) })
  const output = add('Reshape', [picked, constant(Tensor.int64([0, 0, -1, 1]))])
  output.claim ??= output.type ?? tensorType('float32', undefined)
  patch.appendOutput(graph, output)
  return output.name
}

/** The same of a tensor [1, C, positions...]. */
export function pickedOf(tensor: Tensor, wanted: number): Tensor {
  const { positions, channels } = rowShape(tensor.dims, 'channels-first')
  const drawn = drawnPositions(positions, wanted)
  const values = tensor.numbers()
  const picked = new Float32Array(channels * drawn.length)
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < drawn.length; i++) picked[c * drawn.length + i] = values[c * positions + drawn[i]!]!
  return Tensor.fromArray('float32', [1, channels, drawn.length, 1], picked)
}
