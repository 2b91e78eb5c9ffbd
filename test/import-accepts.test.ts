import { describe, expect, it } from 'vitest'
import { modelFromBytes } from '../src/import/read-model.js'
import { verifyGraph } from '../src/ir/verify.js'
import { longOf } from '../src/onnx/int64.js'
import type { ModelProto } from '../src/onnx/messages.js'
import {
  branch,
  fileBytes,
  floatType,
  fn,
  info,
  node,
  smallGraph,
  smallModel,
  withBranches,
  withFunctions,
  withGraph,
} from './model-protos.js'

const read = (model: ModelProto) => modelFromBytes(fileBytes(model), { file: 'some.onnx' })

describe('accepts', () => {
  it('nodes in any order, and sorts them', () => {
    const model = read(
      withGraph({ node: [node('Relu', ['u'], ['y']), node('Neg', ['t'], ['u']), node('Add', ['x', 'w'], ['t'])] }),
    )
    expect([...model.graph.nodes()].map((item) => item.opType)).toEqual(['Add', 'Neg', 'Relu'])
    expect(model.warnings).toEqual([expect.stringContaining('topological order')])
    expect(verifyGraph(model)).toEqual([])
  })

  it('a chain of 50,000 nodes in the wrong order without a deep stack', () => {
    const count = 50_000
    const nodes = Array.from({ length: count }, (_, i) => node('Relu', [i === 0 ? 'x' : `v${i - 1}`], [`v${i}`]))
    const model = read(withGraph({ node: nodes.reverse(), output: [info(`v${count - 1}`)] }))
    expect(model.graph.nodeCount).toBe(count)
    expect(model.graph.first?.inputs[0]?.name).toBe('x')
  })

  it('captures, and counts them as uses', () => {
    const model = read(withBranches(branch({ node: [node('Abs', ['t'], ['r'])] })))
    const [captured] = [...model.graph.nodes()].flatMap((item) => item.outputs)
    expect(captured?.name).toBe('t')
    expect([...captured!.users.keys()].map((user) => user.opType)).toEqual(['Abs'])
    expect(verifyGraph(model)).toEqual([])
  })

  it('siblings with the same names, made unique', () => {
    const model = read(withBranches(branch(), branch()))
    const names = [...model.allNodes()].flatMap((item) => item.outputs.map((value) => value!.name))
    expect(new Set(names).size).toBe(names.length)
    expect([...model.fileNames.values()]).toEqual(['r'])
    expect(verifyGraph(model)).toEqual([])
  })

  it('a branch whose result has the name of the result of its If', () => {
    const then = branch({ node: [node('Abs', ['x'], ['y'])], output: [info('y', null)] })
    expect(verifyGraph(read(withBranches(then)))).toEqual([])
  })

  it('the newest operator sets as opaque nodes', () => {
    const opset_import = [{ domain: '', version: longOf(99) }]
    const model = read(smallModel(smallGraph({ node: [node('Relu', ['x', 'w', 'x'], ['y'])] }), { opset_import }))
    expect(model.graph.nodeCount).toBe(1)
  })

  it('IR 1 without operator sets and attribute types', () => {
    const graph = smallGraph({ node: [node('LeakyRelu', ['x'], ['y'], [{ name: 'alpha', f: 0.5 }])] })
    const model = read(smallModel(graph, { ir_version: longOf(1), opset_import: [] }))
    expect(model.opsets).toEqual(new Map([['', 1]]))
    expect(model.graph.first?.float('alpha')).toBe(0.5)
  })

  it('declared sizes of 0 and below, and symbols that are no names, as unknown', () => {
    const model = read(withGraph({ input: [info('x', floatType(0, -1, '?', 'n', '', 3))] }))
    const type = model.graph.inputs[0]!.type
    const dims = type?.kind === 'tensor' ? type.dims! : []
    expect(dims.map((dim) => (/^\?\d+$/.test(String(dim)) ? 'unknown' : String(dim)))).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'n',
      'unknown',
      '3',
    ])
  })

  it('an initializer that is an input as a default value', () => {
    const { graph } = read(withGraph({ input: [info('x'), info('w')] }))
    expect(graph.inputs.map((value) => [value.name, value.tensor !== undefined, value.isConstant])).toEqual([
      ['x', false, false],
      ['w', true, false],
    ])
  })

  it('what annotations, bindings and shardings name as pinned', () => {
    const graph = smallGraph({
      quantization_annotation: [
        { tensor_name: 't', quant_parameter_tensor_names: [{ key: 'SCALE_TENSOR', value: 'w' }] },
      ],
      node: [
        node('Add', ['x', 'w'], ['t']),
        node('Relu', ['t'], ['u'], [], { device_configurations: [{ sharding_spec: [{ tensor_name: 'u' }] }] }),
        node('Neg', ['u'], ['y']),
      ],
    })
    const model = read(smallModel(graph))
    const pinned = [...model.graph.initializers, ...[...model.graph.nodes()].map((item) => item.outputs[0]!)]
    expect(pinned.filter((value) => value.isPinned).map((value) => value.name)).toEqual(['w', 't', 'u'])
  })

  it('functions with references, and resolves domains', () => {
    const body = fn({
      attribute: ['alpha'],
      node: [node('LeakyRelu', ['a'], ['b'], [{ name: 'alpha', type: 1, ref_attr_name: 'alpha' }])],
    })
    const model = read(withFunctions(body))
    const call = model.graph.first!
    expect(model.functionOf(call)?.graph.first?.attributes.get('alpha')).toMatchObject({
      kind: 'reference',
      value: 'alpha',
      type: 'float',
    })
    expect(model.opsets.get('')).toBe(17)
    expect(verifyGraph(model)).toEqual([])
  })
})
