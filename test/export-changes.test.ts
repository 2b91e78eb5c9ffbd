import { describe, expect, it } from 'vitest'
import { toProto } from '../src/export/to-proto.js'
import { modelFromBytes } from '../src/import/read-model.js'
import { buildModel } from '../src/ir/build.js'
import { symbol, unknownDim } from '../src/ir/dim.js'
import type { Attribute, Model, Node } from '../src/ir/graph.js'
import { attr, Patch } from '../src/ir/patch.js'
import { Tensor } from '../src/ir/tensor.js'
import { tensorType } from '../src/ir/type.js'
import { verifyGraph } from '../src/ir/verify.js'
import { decodeModel, encodeModel } from '../src/onnx/codec.js'
import { bigintOf, longOf } from '../src/onnx/int64.js'
import type { GraphProto, ModelProto, NodeProto } from '../src/onnx/messages.js'
import { packFloats, packVarints } from '../src/onnx/packed.js'
import {
  bytesOf,
  fileBytes,
  floatAttribute,
  floatType,
  graphAttribute,
  info,
  node,
  smallGraph,
  smallModel,
  tensor,
} from './model-protos.js'

const read = (model: ModelProto) => modelFromBytes(fileBytes(model))
const again = (model: Model) => decodeModel(Buffer.concat(encodeModel(toProto(model))))
const nodeOf = (model: Model, opType: string): Node => [...model.allNodes()].find((item) => item.opType === opType)!
const names = (infos: readonly { name?: string | null }[] | null | undefined) => infos?.map(({ name }) => name)

describe('what nobody touched', () => {
  const boolType = { tensor_type: { elem_type: 9, shape: { dim: [] } } }
  const branch = (name: string, opType: string): GraphProto => ({
    name,
    node: [node(opType, ['x'], ['r'])],
    output: [{ name: 'r' }],
    value_info: [info('r')],
  })

  const everything: ModelProto = smallModel(
    {
      name: 'g',
      doc_string: 'a graph',
      input: [info('x', floatType('n', 3)), { name: 'c', type: boolType, doc_string: 'which' }],
      output: [info('y'), info('y')],
      value_info: [info('t', floatType('n', 3)), info('nothing')],
      initializer: [
        tensor('w', { doc_string: 'kept', metadata_props: [{ key: 'k', value: 'v' }] }),
        tensor('list', { raw_data: null, float_data: packFloats([1, 2, 3, 4, 5, 6]) }),
      ],
      sparse_initializer: [
        {
          values: tensor('s', { dims: [longOf(1)], raw_data: bytesOf(1) }),
          indices: { dims: [longOf(1)], data_type: 7, int64_data: packVarints([1]) },
          dims: [longOf(4)],
        },
      ],
      quantization_annotation: [
        { tensor_name: 't', quant_parameter_tensor_names: [{ key: 'SCALE_TENSOR', value: 'w' }] },
      ],
      node: [
        node('F', ['x', ''], ['t', '', 'u'], [], { domain: 'f', doc_string: 'a call' }),
        node(
          'If',
          ['c'],
          ['y'],
          [graphAttribute('then_branch', branch('then', 'Abs')), graphAttribute('else_branch', branch('else', 'Neg'))],
        ),
        node('LeakyRelu', ['y'], ['z'], [floatAttribute('alpha', 0.1)], {
          domain: 'ai.onnx',
          device_configurations: [{ configuration_id: 'two', sharding_spec: [{ tensor_name: 'y' }] }],
        }),
      ],
      metadata_props: [{ key: 'a', value: 'b' }],
    },
    {
      producer_name: 'somebody',
      opset_import: [
        { domain: 'ai.onnx', version: longOf(17) },
        { domain: 'f', version: longOf(1) },
      ],
      configuration: [{ name: 'two', num_devices: 2 }],
      functions: [
        {
          name: 'F',
          domain: 'f',
          input: ['x', 'w'],
          output: ['y', 'z', 'u'],
          attribute: ['alpha'],
          attribute_proto: [floatAttribute('beta', 2)],
          node: ['y', 'z', 'u'].map((name) => node('Abs', ['x'], [name])),
          value_info: [info('y')],
          opset_import: [{ domain: '', version: longOf(17) }],
        },
      ],
      training_info: [
        {
          algorithm: { name: 'step', node: [node('Neg', ['w'], ['w_new'])], output: [info('w_new')] },
          update_binding: [{ key: 'w', value: 'w_new' }],
        },
      ],
    },
  )

  it('comes out as it came in, siblings and functions with their own names', () => {
    const bytes = fileBytes(everything)
    const model = modelFromBytes(bytes)
    expect(verifyGraph(model)).toEqual([])
    // r of the else branch; x, w, y, z, u of the function.
    expect([...model.fileNames.values()].sort()).toEqual(['r', 'u', 'w', 'x', 'y', 'z'])
    expect(Buffer.concat(encodeModel(toProto(model))).equals(bytes)).toBe(true)
  })
})

describe('a changed model', () => {
  it('drops types of values that are gone, keeps those that stay, and follows new names', () => {
    const graph = smallGraph({
      node: [node('Add', ['x', 'w'], ['a']), node('Identity', ['a'], ['b']), node('Relu', ['b'], ['y'])],
      value_info: [info('a'), info('b'), info('w')],
    })
    const model = read(smallModel(graph))
    const patch = new Patch(model)
    const identity = nodeOf(model, 'Identity')
    patch.replaceNode(identity, identity.inputs[0]!)
    identity.inputs[0]!.name = 'fresh'
    const { graph: result } = again(model)
    expect(names(result?.value_info)).toEqual(['fresh', 'w'])
    expect(result?.node?.map((item) => [item.op_type, item.input, item.output])).toEqual([
      ['Add', ['x', 'w'], ['fresh']],
      ['Relu', ['fresh'], ['y']],
    ])
  })

  it('drops claims that inference contradicts', () => {
    const graph = smallGraph({ value_info: [info('t', floatType(2, 4))] })
    const model = read(smallModel(graph))
    expect(names(toProto(model).graph?.value_info)).toEqual(['t'])
    nodeOf(model, 'Add').outputs[0]!.type = tensorType('float32', [2, 3])
    expect(names(toProto(model).graph?.value_info)).toEqual([])
  })

  it('keeps the output as declared when another node takes it over', () => {
    const graph = smallGraph({
      node: [node('Add', ['x', 'w'], ['t']), node('Identity', ['t'], ['y'])],
      output: [{ ...info('y', floatType('n', 3)), doc_string: 'scores' }],
      value_info: [info('t')],
    })
    const model = read(smallModel(graph))
    const identity = nodeOf(model, 'Identity')
    new Patch(model).replaceNode(identity, identity.inputs[0]!)
    const { graph: result } = again(model)
    expect(result?.output?.[0]?.doc_string).toBe('scores')
    expect(result?.output?.[0]?.type?.tensor_type?.shape?.dim?.[0]?.dim_param).toBe('n')
    expect(result?.node?.[0]?.output).toEqual(['y'])
    expect(result?.value_info).toEqual([])
  })

  it('writes new types of inputs and outputs only where a pass made them', () => {
    const model = read(smallModel(smallGraph({ input: [info('x', floatType('n', 3))] })))
    const [x] = model.graph.inputs
    x!.claim = tensorType('float16', [4, symbol('m'), unknownDim()])
    const [result] = again(model).graph!.input!
    expect(result?.type?.tensor_type?.elem_type).toBe(10)
    const dims = result?.type?.tensor_type?.shape?.dim
    expect(dims?.map((dim) => (dim.dim_value == null ? dim.dim_param : bigintOf(dim.dim_value)))).toEqual([
      4n,
      'm',
      null,
    ])
    expect(again(model).graph?.output?.[0]?.type?.tensor_type?.elem_type).toBe(1)
  })

  it('writes changed attributes, and new nodes of every attribute kind', () => {
    const model = read(smallModel())
    const patch = new Patch(model)
    const attributes: Record<string, Attribute> = {
      float: attr.float(0.5),
      int: attr.int(-(2n ** 63n)),
      string: attr.text('ä'),
      tensor: attr.tensor(Tensor.int64([1, 2])),
      floats: attr.floats([1, 2.5]),
      ints: attr.ints([1n, 2n ** 62n]),
      strings: { kind: 'strings', value: [Buffer.from('a')] },
      tensors: { kind: 'tensors', value: [Tensor.float32([1])] },
      type_proto: { kind: 'type_proto', value: { kind: 'sequence', element: tensorType('int64', [2]) } },
      reference: { kind: 'reference', value: 'outer', type: 'ints' },
    }
    const relu = nodeOf(model, 'Relu')
    patch.insertBefore(relu, { opType: 'Custom', inputs: [relu.inputs[0], undefined], attributes, from: [relu] })
    const custom = again(model).graph!.node!.find((item) => item.op_type === 'Custom')!
    const written = new Map(custom.attribute!.map((item) => [item.name!, item]))
    expect(written.get('float')).toMatchObject({ f: 0.5, type: 1 })
    expect(bigintOf(written.get('int')!.i!)).toBe(-(2n ** 63n))
    expect(Buffer.from(written.get('string')!.s!).toString()).toBe('ä')
    expect(written.get('tensor')!.t!.dims!.map(bigintOf)).toEqual([2n])
    expect(written.get('floats')!.floats).toEqual([1, 2.5])
    expect(written.get('ints')!.ints!.map(bigintOf)).toEqual([1n, 2n ** 62n])
    expect(written.get('strings')!.strings!.map(String)).toEqual(['a'])
    expect(written.get('tensors')!.tensors).toHaveLength(1)
    expect(written.get('type_proto')!.tp!.sequence_type!.elem_type!.tensor_type!.elem_type).toBe(7)
    expect(written.get('reference')).toMatchObject({ ref_attr_name: 'outer', type: 7 })
    expect(custom.input).toEqual(['t'])
  })

  it('gives nodes of one name numbers, since runtimes refuse them', () => {
    const twins: NodeProto[] = [
      node('Add', ['x', 'w'], ['t'], [], { name: 'n' }),
      node('Abs', ['t'], ['u'], [], { name: 'n_1' }),
      node('Relu', ['u'], ['y'], [], { name: 'n' }),
    ]
    expect(names(again(read(smallModel(smallGraph({ node: twins })))).graph?.node)).toEqual(['n', 'n_1', 'n_2'])
  })

  it('writes an inner name anew when the one of the file is taken by then', () => {
    const branch = (name: string): GraphProto => ({
      name,
      node: [node('Neg', ['x'], ['r'])],
      output: [{ name: 'r' }],
    })
    const model = read(
      smallModel(
        smallGraph({
          input: [info('x'), { name: 'c', type: { tensor_type: { elem_type: 9, shape: { dim: [] } } } }],
          node: [
            node('Abs', ['x'], ['t']),
            node(
              'If',
              ['c'],
              ['y'],
              [graphAttribute('then_branch', branch('then')), graphAttribute('else_branch', branch('else'))],
            ),
          ],
        }),
      ),
    )
    // The outer value takes the name that both branches use.
    const inner = [...model.allNodes()].filter((item) => item.opType === 'Neg')
    inner[0]!.outputs[0]!.name = 'elsewhere'
    nodeOf(model, 'Abs').outputs[0]!.name = 'r'
    expect(verifyGraph(model)).toEqual([])
    const written = again(model)
    const result = modelFromBytes(fileBytes(written))
    expect(verifyGraph(result)).toEqual([])
    expect(written.graph?.node?.[0]?.output).toEqual(['r'])
    expect(written.graph?.node?.[1]?.attribute?.[1]?.g?.node?.[0]?.output).toEqual(['r_1'])
  })

  it('never gives a value the name of one that comes after it', () => {
    const twin = (name: string): GraphProto => ({ name, node: [node('Neg', ['x'], ['r'])], output: [{ name: 'r' }] })
    const condition = { name: 'c', type: { tensor_type: { elem_type: 9, shape: { dim: [] } } } }
    const branches = [graphAttribute('then_branch', twin('then')), graphAttribute('else_branch', twin('else'))]
    const model = read(
      smallModel(
        smallGraph({
          input: [info('x'), condition],
          node: [node('If', ['c'], ['t'], branches), node('Abs', ['t'], ['u']), node('Relu', ['u'], ['y'])],
        }),
      ),
    )
    // As after inlining: the first outer value has the name that stood for an inner r, a later one is called r.
    const [inner] = model.fileNames.keys()
    nodeOf(model, 'If').subgraph('else_branch')!.outputs[0]!.name = 'elsewhere'
    nodeOf(model, 'If').subgraph('then_branch')!.outputs[0]!.name = 'too'
    nodeOf(model, 'If').outputs[0]!.name = inner!
    nodeOf(model, 'Abs').outputs[0]!.name = 'r'
    expect(verifyGraph(model)).toEqual([])
    expect(again(model).graph?.node?.map((item) => item.output)).toEqual([[inner], ['r'], ['y']])
  })

  it('keeps a sparse initializer sparse, and writes it dense where it became something else', () => {
    const sparse = {
      values: tensor('s', { dims: [longOf(1)], raw_data: bytesOf(7) }),
      indices: { dims: [longOf(1)], data_type: 7, int64_data: packVarints([1]) },
      dims: [longOf(3)],
    }
    const graph = smallGraph({ sparse_initializer: [sparse], node: [node('Add', ['x', 's'], ['y'])] })
    const model = read(smallModel(graph))
    const value = [...model.graph.initializers].find(({ name }) => name === 's')!
    value.name = 'renamed'
    expect(again(model).graph?.sparse_initializer?.[0]?.values?.name).toBe('renamed')
    value.tensor = value.tensor!.reshaped([1, 3])
    const { graph: result } = again(model)
    expect(result?.sparse_initializer).toEqual([])
    const dense = result?.initializer?.find(({ name }) => name === 'renamed')
    expect([...new Float32Array(Uint8Array.from(dense!.raw_data!).buffer)]).toEqual([0, 7, 0])
  })
})

describe('a model built here', () => {
  it('is a complete file', () => {
    const built = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', 3])
      g.output(g.op('Add', [x, g.constant(Tensor.float32([1, 2, 3]))]), 'y')
    })
    const model = modelFromBytes(fileBytes(toProto(built)))
    expect(verifyGraph(model)).toEqual([])
    expect(model.graph.inputs.map(({ name }) => name)).toEqual(['x'])
    expect([...model.graph.initializers][0]!.tensor!.numbers()).toEqual(Float32Array.of(1, 2, 3))
  })
})
