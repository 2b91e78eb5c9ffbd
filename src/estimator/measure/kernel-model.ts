import { shapeOfNode } from '../../hw/kernels.js'
import type { KernelShape } from '../../hw/shape.js'
import type { Target } from '../../hw/target.js'
import type { DType } from '../../ir/dtype.js'
import { bitsOf, isFloat } from '../../ir/dtype.js'
import { type Attribute, Graph, Model, type Node, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { attr, Patch } from '../../ir/patch.js'
import { numberToFloat16, Tensor, volume } from '../../ir/tensor.js'
import { tensorType } from '../../ir/type.js'
import type { SeededRandom } from '../../runtime/random.js'
import type { KernelSpec, Operand } from './kernel-spec.js'

/** How many results of copies lie in memory at once: in a network, too, buffers alternate. */
const liveResults = 3

/**
 * A model that runs a kernel `copies` times, each with weights of its own, on the same inputs; and, so that it has an
 * output and the call something to do without any copy, one Relu of a single element. Every copy is followed by a Size
 * that holds on to the result of an earlier one; `extraSizes` adds as many of these to a model without copies.
 */
export function kernelModel(
  spec: KernelSpec,
  copies: number,
  random: SeededRandom,
  extraSizes = 0,
): { model: Model; nodes: Node[] } {
  const model = new Model(8, new Map([...spec.opsets].filter(([domain]) => domain !== '' || true)))
  if (!model.opsets.has('')) model.opsets.set('', 17)
  const graph = new Graph(model, 'main')
  model.graph = graph
  const patch = new Patch(model)
  const input = (name: string, dtype: DType, dims: readonly number[]): Value => {
    const value = new Value(graph, name)
    model.claimName(name)
    value.isInput = true
    value.type = tensorType(dtype, dims)
    value.claim = value.type
    graph.inputs.push(value)
    return value
  }
  const data = spec.inputs.map((operand, i) =>
    operand?.role === 'data' ? input(`x${i}`, operand.dtype, operand.dims) : undefined,
  )
  const literals = spec.inputs.map((operand) =>
    operand?.role === 'literal' ? patch.constant(graph, operand.tensor, 'literal') : undefined,
  )
  const flag = input('flag', 'float32', [1])
  const nodes: Node[] = []
  const holdOn = (value: Value | undefined) => {
    if (value === undefined) return
    patch.append(graph, {
      opType: 'Size',
      domain: '',
      inputs: [value],
      outputs: 1,
      attributes: {},
      name: 'size',
      from: [],
    })
  }
  const resultOf = (node: Node | undefined) => node?.outputs.find((output) => output !== undefined)
  for (let k = 0; k < copies; k++) {
    const operands = spec.inputs.map((operand, i) => {
      if (operand?.role !== 'weights') return data[i] ?? literals[i]
      return patch.constant(graph, randomWeights(operand, random), 'weights')
    })
    const node = patch.append(graph, {
      opType: spec.opType,
      domain: spec.domain,
      inputs: operands,
      outputs: spec.outputs.length,
      attributes: spec.opType === 'If' ? branches(model, flag) : Object.fromEntries(spec.attributes),
      name: `kernel${k}`,
      from: [],
    })
    // An output left out stays left out.
    spec.outputs.forEach((isWanted, i) => {
      if (!isWanted) node.outputs[i] = undefined
    })
    nodes.push(node)
    if (isHeld(spec)) holdOn(resultOf(nodes[k - liveResults + 1]))
  }
  if (isHeld(spec)) for (const node of nodes.slice(Math.max(0, copies - liveResults + 1))) holdOn(resultOf(node))
  if (isHeld(spec)) for (let k = 0; k < extraSizes; k++) holdOn(data.find((value) => value !== undefined) ?? flag)
  const last = patch.append(graph, {
    opType: 'Relu',
    domain: '',
    inputs: [flag],
    outputs: 1,
    attributes: {},
    name: 'last',
    from: [],
  })
  const output = last.outputs[0]!
  output.type = tensorType('float32', [1])
  output.claim = output.type
  output.outputSlots += 1
  graph.outputs.push(output)
  return { model, nodes }
}

/** Both branches of an If: one Relu of a value around them. */
function branches(model: Model, around: Value): Record<string, Attribute> {
  const graphs = ['then_branch', 'else_branch'].map((name) => {
    const graph = new Graph(model, model.freshName(name))
    const node = new Patch(model).append(graph, {
      opType: 'Relu',
      domain: '',
      inputs: [around],
      outputs: 1,
      attributes: {},
      name,
      from: [],
    })
    const output = node.outputs[0]!
    output.type = tensorType('float32', [1])
    output.claim = output.type
    output.outputSlots += 1
    graph.outputs.push(output)
    return [name, attr.graph(graph)] as const
  })
  return Object.fromEntries(graphs)
}

/** Sequences have no Size. */
const isHeld = ({ opType }: KernelSpec): boolean => !opType.includes('Sequence')

/** Shape of a kernel as the planner sees it alone. */
export function shapeOfSpec(spec: KernelSpec, target: Target, random: SeededRandom): KernelShape {
  const { model, nodes } = kernelModel(spec, 1, random)
  inferTypes(model)
  return shapeOfNode(nodes[0]!, target)
}

/** Bytes of weights that one copy brings. */
export const weightBytesOf = (spec: KernelSpec): number =>
  spec.inputs.reduce(
    (sum, operand) => (operand?.role === 'weights' ? sum + (volume(operand.dims) * bitsOf(operand.dtype)) / 8 : sum),
    0,
  )

/** Values of usual size for floats; zero points (vectors of bytes) are zero, other integers small. */
export function randomWeights({ dtype, dims }: Extract<Operand, { dims: unknown }>, random: SeededRandom): Tensor {
  const count = volume(dims)
  const draw = () => random.uniform() - 0.5
  if (dtype === 'float32') return Tensor.fromArray(dtype, dims, Float32Array.from({ length: count }, draw))
  if (dtype === 'float16')
    return Tensor.fromArray(
      dtype,
      dims,
      Uint16Array.from({ length: count }, () => numberToFloat16(draw())),
    )
  if (dtype === 'float64') return Tensor.fromArray(dtype, dims, Float64Array.from({ length: count }, draw))
  const bytes = new Uint8Array(Math.ceil((count * bitsOf(dtype)) / 8))
  if (!isFloat(dtype) && bitsOf(dtype) === 8 && dims.length > 1 && dtype !== 'bool')
    for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(0, 255)
  return Tensor.fromBytes(dtype, dims, bytes)
}
