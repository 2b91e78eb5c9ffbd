import { describe, expect, it } from 'vitest'
import { modelFromBytes } from '../src/import/read-model.js'
import { UserError } from '../src/ir/errors.js'
import { longOf } from '../src/onnx/int64.js'
import type { AttributeProto, ModelProto, TensorProto } from '../src/onnx/messages.js'
import { packFloats, packVarints } from '../src/onnx/packed.js'
import {
  branch,
  bytesOf,
  fileBytes,
  floatAttribute,
  floatType,
  fn,
  graphAttribute,
  info,
  intAttribute,
  node,
  smallGraph,
  smallModel,
  tensor,
  withBranches,
  withFunctions,
  withGraph,
} from './model-protos.js'

const read = (model: ModelProto) => modelFromBytes(fileBytes(model), { file: 'some.onnx' })

function lineOf(model: ModelProto): string {
  try {
    read(model)
  } catch (error) {
    if (error instanceof UserError) return error.line()
    throw error
  }
  return 'accepted'
}

const withWeight = (more: TensorProto) => withGraph({ initializer: [tensor('w', more)] })
const withNode = (...nodes: Parameters<typeof node>) =>
  withGraph({ node: [node(...nodes), node('Relu', ['t'], ['y'])] })
const calls = (name: string) => node(name, ['a'], ['b'], [], { domain: 'f' })
const importsItself = {
  opset_import: [
    { domain: '', version: longOf(17) },
    { domain: 'f', version: longOf(1) },
  ],
}

describe('refuses, saying where and what to do', () => {
  const cases: readonly [string, ModelProto, RegExp][] = [
    ['an absent IR version', smallModel(smallGraph(), { ir_version: null }), /ir_version: the file has no IR version/],
    ['IR 15', smallModel(smallGraph(), { ir_version: longOf(15) }), /ir_version: IR version 15 is not known/],
    ['a negative IR version', smallModel(smallGraph(), { ir_version: longOf(-1n) }), /IR version -1 is not known/],
    ['no graph', smallModel(smallGraph(), { graph: null }), /graph: the model has no graph/],
    ['no operator set', smallModel(smallGraph(), { opset_import: [] }), /opset_import: the model imports no operator/],
    [
      'operator sets in IR 2',
      smallModel(smallGraph(), { ir_version: longOf(2) }),
      /opset_import: IR version 2 has no operator sets/,
    ],
    [
      'one domain in two versions',
      smallModel(smallGraph(), {
        opset_import: [
          { domain: '', version: longOf(17) },
          { domain: 'ai.onnx', version: longOf(13) },
        ],
      }),
      /"ai.onnx" is imported as version 17 and 13/,
    ],
    ['opset 0', smallModel(smallGraph(), { opset_import: [{ domain: '' }] }), /version 0 of .* is no version/],
    ['an input without type', withGraph({ input: [info('x', null)] }), /graph input "x": has no type/],
    ['an empty type', withGraph({ input: [info('x', {})] }), /graph input "x": has a type of no known kind/],
    [
      'an unknown element type',
      withGraph({ input: [info('x', { tensor_type: { elem_type: 99 } })] }),
      /graph input "x": has the unknown element type 99/,
    ],
    [
      'a map with float keys',
      withGraph({ input: [info('x'), info('m', { map_type: { key_type: 1, value_type: floatType(1) } })] }),
      /graph input "m": has float32 map keys/,
    ],
    ['an input without name', withGraph({ input: [info('x'), info('')] }), /an input has no name/],
    ['an initializer without name', withGraph({ initializer: [tensor('w'), tensor('')] }), /initializer has no name/],
    [
      'dense and sparse initializers of one name',
      withGraph({
        sparse_initializer: [
          { values: tensor('w', { dims: [longOf(1)], raw_data: bytesOf(1) }), indices: null, dims: [longOf(2)] },
        ],
      }),
      /initializer "w": occurs twice/,
    ],
    ['a cycle of one', withNode('Add', ['t', 'w'], ['t']), /node "t_node" \(Add\): depends on its own result/],
    ['an undefined input', withNode('Add', ['x', 'v'], ['t']), /node "t_node" \(Add\): uses "v", which nothing/],
    [
      'a result of the name of an initializer',
      withGraph({ node: [node('Relu', ['x'], ['w']), node('Relu', ['x'], ['y'])] }),
      /node "w_node" \(Relu\): defines "w", which is already defined/,
    ],
    ['an output nobody computes', withGraph({ output: [info('z')] }), /graph output "z": is not computed/],
    [
      'a branch that returns an outer value',
      withBranches(branch({ node: [], output: [info('t', null)] })),
      /attribute "then_branch": graph output "t": is not computed in its graph/,
    ],
    [
      'an outer node that uses the name of an inner value',
      withGraph({
        input: [info('x'), { name: 'c', type: { tensor_type: { elem_type: 9, shape: { dim: [] } } } }],
        node: [
          node('If', ['c'], ['t'], [graphAttribute('then_branch', branch()), graphAttribute('else_branch', branch())]),
          node('Relu', ['r'], ['y']),
        ],
      }),
      /node "y_node" \(Relu\): uses "r", which nothing before it defines/,
    ],
    ['no operator', withNode('', ['x'], ['t']), /has no operator/],
    [
      'a node of nothing',
      withGraph({ node: [node('Relu', ['x'], ['y']), { op_type: 'Foo' }] }),
      /#1 \(Foo\): has neither/,
    ],
    [
      'a domain not imported',
      withNode('Foo', ['x'], ['t'], [], { domain: 'd' }),
      /uses operator set "d", which is not/,
    ],
    ['too few inputs', withNode('Add', ['x'], ['t']), /has 1 inputs where 2 are due/],
    ['a required input left out', withNode('Add', ['', 'x'], ['t']), /leaves out input 0/],
    ['too many outputs', withNode('Relu', ['x'], ['t', 'u']), /has 2 outputs where 1 are due/],
    [
      'an unknown attribute',
      withNode('Relu', ['x'], ['t'], [intAttribute('a', 1)]),
      /attribute "a", which its operator/,
    ],
    [
      'the same attribute twice',
      withNode('LeakyRelu', ['x'], ['t'], [floatAttribute('alpha', 1), floatAttribute('alpha', 1)]),
      /has two attributes "alpha"/,
    ],
    [
      'an attribute without type',
      withNode('LeakyRelu', ['x'], ['t'], [{ name: 'alpha', f: 1 }]),
      /attribute "alpha": has no type/,
    ],
    [
      'an attribute of unknown type',
      withNode('LeakyRelu', ['x'], ['t'], [{ name: 'alpha', f: 1, type: 77 as AttributeProto['type'] & number }]),
      /attribute "alpha": has the unknown type 77/,
    ],
    [
      'an attribute with two values',
      withNode('LeakyRelu', ['x'], ['t'], [{ name: 'alpha', f: 1, i: longOf(1), type: 1 }]),
      /attribute "alpha": has type FLOAT and a value of type INT/,
    ],
    [
      'an attribute without name',
      withNode('LeakyRelu', ['x'], ['t'], [{ f: 1, type: 1 }]),
      /has an attribute without name/,
    ],
    [
      'a tensor attribute without tensor',
      withNode('Constant', [], ['t'], [{ name: 'value', type: 4 }]),
      /and no value/,
    ],
    [
      'a reference outside functions',
      withNode('LeakyRelu', ['x'], ['t'], [{ name: 'alpha', type: 1, ref_attr_name: 'a' }]),
      /refers to a function attribute/,
    ],
    [
      'a deprecated operator',
      smallModel(smallGraph({ node: [node('Upsample', ['x', 'w'], ['y'])] })),
      /Upsample\): is deprecated since version 10/,
    ],
    ['an undefined tensor type', withWeight({ data_type: 0 }), /initializer "w": has no element type/],
    ['an unknown tensor type', withWeight({ data_type: 27 }), /initializer "w": has the unknown element type 27/],
    ['no content', withWeight({ raw_data: null }), /float32\[2,3\] has no content/],
    ['content without elements', withWeight({ dims: [longOf(0)] }), /has no elements, yet content/],
    ['too few floats', withWeight({ raw_data: null, float_data: packFloats([1, 2]) }), /needs 24 bytes and has 8/],
    [
      'dims whose product wraps around to the size of the content',
      withWeight({ dims: [longOf(2n ** 62n), longOf(4n), longOf(6n)] }),
      /more elements than can be counted/,
    ],
    [
      'a cut varint',
      withWeight({ raw_data: null, data_type: 6, int32_data: [Uint8Array.of(1, 2, 3, 4, 5, 0x80)] }),
      /int32_data is cut off/,
    ],
    ['a segment', withWeight({ segment: { begin: longOf(0), end: longOf(6) } }), /is a segment/],
    [
      'an unknown data location',
      withWeight({ data_location: 2 as TensorProto['data_location'] & number }),
      /has the unknown data location 2/,
    ],
    ['two functions of one name', withFunctions(fn(), fn()), /function "F": is defined twice/],
    [
      'mutual recursion',
      withFunctions(
        fn({ node: [calls('G')], ...importsItself }),
        fn({ name: 'G', node: [calls('F')], ...importsItself }),
      ),
      /function "F": calls itself/,
    ],
    [
      'recursion in a subgraph',
      withFunctions(
        fn({
          ...importsItself,
          node: [
            node(
              'If',
              ['a'],
              ['b'],
              [
                graphAttribute('then_branch', branch({ node: [node('F', ['a'], ['r'], [], { domain: 'f' })] })),
                graphAttribute('else_branch', branch({ node: [node('Abs', ['a'], ['r'])] })),
              ],
            ),
          ],
        }),
      ),
      /function "F": calls itself/,
    ],
    ['a function output nobody computes', withFunctions(fn({ output: ['z'] })), /function "F", output "z": is not/],
    ['a function with two inputs of one name', withFunctions(fn({ input: ['a', 'a'] })), /function "F", input "a"/],
    ['a function without operator sets', withFunctions(fn({ opset_import: [] })), /uses operator set "ai.onnx"/],
    [
      'an attribute both required and with default',
      withFunctions(fn({ attribute: ['k'], attribute_proto: [intAttribute('k', 1)] })),
      /declares the attribute "k" twice/,
    ],
    [
      'calls nested too deep',
      withFunctions(
        ...Array.from({ length: 102 }, (_, i) =>
          fn({ name: i === 0 ? 'F' : `F${i}`, ...(i === 101 ? {} : { node: [calls(`F${i + 1}`)] }), ...importsItself }),
        ),
      ),
      /nests calls more than 100 deep/,
    ],
    [
      'a sparse tensor whose indices repeat',
      withGraph({
        sparse_initializer: [
          {
            values: tensor('s', { dims: [longOf(2)], raw_data: bytesOf(1, 2) }),
            indices: { dims: [longOf(2)], data_type: 7, int64_data: packVarints([1, 1]) },
            dims: [longOf(4)],
          },
        ],
      }),
      /initializer "s": has indices that do not ascend/,
    ],
    [
      'a sparse tensor whose indices are out of range',
      withGraph({
        sparse_initializer: [
          {
            values: tensor('s', { dims: [longOf(1)], raw_data: bytesOf(1) }),
            indices: { dims: [longOf(1), longOf(2)], data_type: 7, int64_data: packVarints([1, 4]) },
            dims: [longOf(4), longOf(4)],
          },
        ],
      }),
      /initializer "s": has the index 4/,
    ],
    [
      'a sparse tensor that stands for more than memory',
      withGraph({
        sparse_initializer: [
          {
            values: tensor('s', { dims: [longOf(1)], raw_data: bytesOf(1) }),
            indices: { dims: [longOf(1)], data_type: 7, int64_data: packVarints([1]) },
            dims: [longOf(2 ** 40)],
          },
        ],
      }),
      /initializer "s": stands for 4398046511104 bytes/,
    ],
  ]

  it.each(cases)('%s', (_, model, message) => {
    const line = lineOf(model)
    expect(line).toMatch(message)
    expect(line).toMatch(/^some\.onnx: /)
    expect(line).toMatch(/; \S/)
    expect(line).not.toContain('\n')
  })

  it('a model nested beyond 100 levels', () => {
    let inner = branch()
    for (let depth = 0; depth < 40; depth++) {
      inner = branch({ node: [node('If', ['c'], ['r'], [graphAttribute('then_branch', inner)])] })
    }
    expect(() => fileBytes(withBranches(inner))).toThrow('max depth exceeded')
  })

  it('the limit of functions', () => {
    const functions = Array.from({ length: 10_001 }, (_, i) => fn({ name: `F${i}` }))
    expect(lineOf(withFunctions(...functions))).toMatch(/the model has 10001 functions/)
  })
})
