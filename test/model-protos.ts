import { encodeModel } from '../src/onnx/codec.js'
import { longOf } from '../src/onnx/int64.js'
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  TypeProto,
  ValueInfoProto,
} from '../src/onnx/messages.js'

/** Small messages for tests: what a file may say, right or wrong. */

export const floatType = (...dims: (number | string)[]): TypeProto => ({
  tensor_type: {
    elem_type: 1,
    shape: {
      dim: dims.map((dim) => (typeof dim === 'string' ? { dim_param: dim } : { dim_value: longOf(dim) })),
    },
  },
})

export const info = (name: string, type: TypeProto | null = floatType(2, 3)): ValueInfoProto => ({ name, type })

export const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
  more: NodeProto = {},
): NodeProto => ({ op_type: opType, input, output, attribute, name: `${output[0] ?? ''}_node`, ...more })

export const bytesOf = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

/** float32 [2, 3] unless told otherwise. */
export const tensor = (name: string, more: TensorProto = {}): TensorProto => ({
  name,
  dims: [longOf(2), longOf(3)],
  data_type: 1,
  raw_data: bytesOf(1, 2, 3, 4, 5, 6),
  ...more,
})

export const externalTensor = (name: string, entries: Record<string, string>, more: TensorProto = {}): TensorProto => ({
  name,
  dims: [longOf(2), longOf(3)],
  data_type: 1,
  data_location: 1,
  external_data: Object.entries(entries).map(([key, value]) => ({ key, value })),
  ...more,
})

export const graphAttribute = (name: string, g: GraphProto): AttributeProto => ({ name, type: 5, g })
export const intAttribute = (name: string, i: number): AttributeProto => ({ name, type: 2, i: longOf(i) })
export const floatAttribute = (name: string, f: number): AttributeProto => ({ name, type: 1, f })

/** y = Relu(x + w), float32 [2, 3]. */
export const smallGraph = (more: GraphProto = {}): GraphProto => ({
  name: 'g',
  input: [info('x')],
  output: [info('y')],
  initializer: [tensor('w')],
  node: [node('Add', ['x', 'w'], ['t']), node('Relu', ['t'], ['y'])],
  ...more,
})

export const smallModel = (graph: GraphProto = smallGraph(), more: ModelProto = {}): ModelProto => ({
  ir_version: longOf(8),
  opset_import: [{ domain: '', version: longOf(17) }],
  graph,
  ...more,
})

export const fileBytes = (model: ModelProto): Buffer => Buffer.concat(encodeModel(model))

/** smallModel with another graph. */
export const withGraph = (more: GraphProto) => smallModel(smallGraph(more))
/** A subgraph r = Abs(x) of an outer x. */
export const branch = (more: GraphProto = {}): GraphProto => ({
  name: 'b',
  output: [info('r', null)],
  node: [node('Abs', ['x'], ['r'])],
  ...more,
})
/** y = If(c), with t = x + w before it. */
export const withBranches = (then: GraphProto, otherwise: GraphProto = branch({ name: 'c' })) =>
  withGraph({
    input: [info('x'), { name: 'c', type: { tensor_type: { elem_type: 9, shape: { dim: [] } } } }],
    node: [
      node('Add', ['x', 'w'], ['t']),
      node('If', ['c'], ['y'], [graphAttribute('then_branch', then), graphAttribute('else_branch', otherwise)]),
    ],
  })
/** The function f.F: b = Abs(a). */
export const fn = (more: FunctionProto = {}): FunctionProto => ({
  name: 'F',
  domain: 'f',
  input: ['a'],
  output: ['b'],
  node: [node('Abs', ['a'], ['b'])],
  opset_import: [{ domain: '', version: longOf(17) }],
  ...more,
})
/** y = f.F(x) + w. */
export const withFunctions = (...functions: FunctionProto[]) =>
  smallModel(smallGraph({ node: [node('F', ['x'], ['t'], [], { domain: 'f' }), node('Add', ['t', 'w'], ['y'])] }), {
    functions,
    opset_import: [
      { domain: 'ai.onnx', version: longOf(17) },
      { domain: 'f', version: longOf(1) },
    ],
  })
