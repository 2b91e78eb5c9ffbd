import { describe, expect, test } from 'vitest'
import { type BuildOptions, buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { attr } from '../../ir/patch.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { channelGroups, groupOf } from './channel-groups.js'

const weight = (g: GraphBuilder, ...dims: number[]): Value =>
  g.constant(Tensor.float32(new Array(volume(dims)).fill(0.5), dims), 'w')
const ints = (g: GraphBuilder, ...values: number[]): Value => g.constant(Tensor.int64(values), 'ints')

/** A 1x1 convolution. */
const conv = (g: GraphBuilder, x: Value, channels: number, out: number): Value =>
  g.op('Conv', [x, weight(g, out, channels, 1, 1)])

function modelOf(middle: (g: GraphBuilder, x: Value) => Value, options: BuildOptions = {}): Model {
  const model = buildModel(
    (g) => {
      const x = conv(g, g.input('x', 'float32', ['n', 3, 4, 4]), 3, 8)
      x.name = 'first'
      const y = middle(g, x)
      y.name = 'last'
      g.output(g.op('ReduceMax', [y], { axes: attr.ints([0, 1, 2, 3]) }), 'y')
    },
    { opset: 13, ...options },
  )
  inferTypes(model)
  return model
}

/** `size`, `size/granularity`, with `~` for approximate ones and the reason of pinned ones. */
const summary = (model: Model): string[] =>
  channelGroups(model).map(({ size, granularity, pinned, approximate }) => {
    const extent = granularity === 1 ? String(size) : `${size}/${granularity}`
    return `${extent}${approximate === undefined ? '' : '~'}${pinned === undefined ? '' : ` ${pinned.reason}`}`
  })

describe('channel groups', () => {
  test.each<[string, (g: GraphBuilder, x: Value) => Value, string[]]>([
    ['a convolution ends a group and begins one', (g, x) => conv(g, x, 8, 6), ['8', '6~']],
    ['a residual joins', (g, x) => g.op('Add', [x, conv(g, g.op('Relu', [x]), 8, 8)]), ['8~']],
    ['a depthwise convolution goes along', (g, x) => g.op('Conv', [x, weight(g, 8, 1, 1, 1)], { group: 8 }), ['8~']],
    [
      'a depth multiplier repeats channels',
      (g, x) => g.op('Conv', [x, weight(g, 16, 1, 1, 1)], { group: 8 }),
      ['8~', '16/8~'],
    ],
    [
      'groups of a convolution: whole ones, channels within them, and what they make',
      (g, x) => g.op('Conv', [x, weight(g, 12, 4, 1, 1)], { group: 2 }),
      ['8/4~', '8/2', '12/2~'],
    ],
    ['a concatenation keeps its parts', (g, x) => g.op('Concat', [x, conv(g, x, 8, 4)], { axis: 1 }), ['8~', '4~']],
    [
      'a part that is cut out is a group of its own',
      (g, x) => conv(g, g.op('Slice', [x, ints(g, 2), ints(g, -3), ints(g, 1)]), 3, 4),
      ['2', '3', '3', '4~'],
    ],
    [
      'gates of halves tie them',
      (g, x) => {
        const [a, b] = g.node('Split', [x], { axis: 1 }, 2).outputs as [Value, Value]
        return conv(g, g.op('Mul', [a, g.op('Sigmoid', [b])]), 4, 5)
      },
      ['8/2', '5~'],
    ],
    [
      'a shuffle: channels at the same place of each group',
      (g, x) => {
        const apart = g.op('Reshape', [x, ints(g, 0, 2, 4, 4, 4)])
        const turned = g.op('Transpose', [apart], { perm: attr.ints([0, 2, 1, 3, 4]) })
        return conv(g, g.op('Reshape', [turned, ints(g, 0, -1, 4, 4)]), 8, 5)
      },
      ['8/4', '8/2', '5~'],
    ],
    [
      'a flattened map: its space is pinned, its channels are not',
      (g, x) => g.op('Reshape', [g.op('Gemm', [g.op('Flatten', [x]), weight(g, 128, 6)]), ints(g, -1, 6, 1, 1)]),
      ['8', '4 computed-axis', '4 computed-axis', '6~'],
    ],
    ['squeeze and excite', squeezeExcite, ['8~', '2']],
    [
      'depth to space',
      (g, x) => g.op('DepthToSpace', [x], { blocksize: 2 }),
      ['8/4~ addressed-axis', '8/4~ addressed-axis', '8/4~'],
    ],
    [
      'channels of zeros in front are a group of their own',
      (g, x) => conv(g, g.op('Pad', [x, ints(g, 0, 2, 0, 0, 0, 0, 0, 0)]), 10, 4),
      ['8', '2', '4~'],
    ],
    [
      'channels in reverse are addressed',
      (g, x) => g.op('Slice', [x, ints(g, -1), ints(g, -100), ints(g, 1), ints(g, -1)]),
      ['8 addressed-axis'],
    ],
    [
      'indices of a pool count channels',
      (g, x) => {
        const [y, indices] = g.node('MaxPool', [x], { kernel_shape: attr.ints([2, 2]) }, 2).outputs as [Value, Value]
        return g.op('Add', [y, g.op('Cast', [indices], { to: 1 })])
      },
      ['8~ addressed-axis'],
    ],
    ['a sum over channels cuts', (g, x) => g.op('ReduceSum', [x, ints(g, 1)]), ['8']],
    ['a mean over channels does not', (g, x) => g.op('ReduceMean', [x], { axes: attr.ints([1]) }), ['8~']],
    [
      'the largest channel is an address',
      (g, x) => g.op('Cast', [g.op('ArgMax', [x], { axis: 1 })], { to: 1 }),
      ['8 addressed-axis'],
    ],
    ['a softmax lets them compete', (g, x) => g.op('Softmax', [x], { axis: 1 }), ['8~ addressed-axis']],
    ['nothing is known of an operator', (g, x) => g.op('NoSuchOperator', [x]), ['8 unknown-operator']],
    [
      'a size that is read pins its axis',
      (g, x) => g.op('Mul', [x, g.op('Cast', [g.op('Gather', [g.op('Shape', [x]), ints(g, 1)])], { to: 1 })]),
      ['8~ addressed-axis'],
    ],
    [
      'the size of the batch may be read',
      (g, x) => g.op('Mul', [x, g.op('Cast', [g.op('Gather', [g.op('Shape', [x]), ints(g, 0)])], { to: 1 })]),
      ['8~'],
    ],
    [
      'a graph inside that looks pins what it sees',
      (g, x) =>
        g.op('If', [g.input('c', 'bool', [])], {
          then_branch: g.subgraph('a', (inner) => inner.output(inner.op('Relu', [x]), 'a')),
          else_branch: g.subgraph('b', (inner) => inner.output(inner.op('Neg', [x]), 'b')),
        }),
      ['8 captured-by-subgraph'],
    ],
    [
      'factors that have nothing in common',
      (g, x) => {
        const wide = conv(g, x, 8, 6)
        const [two, three] = [ints(g, 0, 2, 3, 16), ints(g, 0, 3, 2, 16)]
        const rows = (value: Value, shape: Value) =>
          g.op('Reshape', [
            g.op('ReduceMax', [g.op('Reshape', [value, shape])], { axes: attr.ints([1]) }),
            ints(g, 0, -1, 4, 4),
          ])
        return g.op('Concat', [rows(wide, two), rows(wide, three)], { axis: 1 })
      },
      ['8', '6/3~ no-common-factors', '6/2~ no-common-factors'],
    ],
  ])('%s', (_, middle, expected) => {
    // The input's and the first convolution's are the same everywhere.
    const [input, ...groups] = summary(modelOf(middle))
    expect(input).toBe('3 graph-input')
    expect(groups).toEqual(expected)
  })

  test('before opset 7 a second operand is laid along an axis by attribute', () => {
    const model = modelOf((g, x) => g.op('Mul', [x, weight(g, 8)], { axis: 1, broadcast: 1 }), { opset: 6 })
    expect(groupOf(channelGroups(model), 'first')).toMatchObject({ size: 8, members: expect.any(Array) })
    expect(summary(model)).toEqual(['3 graph-input', '8~'])
  })

  test('what hangs on a group', () => {
    const model = modelOf((g, x) => conv(g, g.op('Relu', [x]), 8, 6))
    const group = groupOf(channelGroups(model), 'first')!
    // 16 positions: 3 x 8 and 8 x 6 multiplications at each.
    expect(group).toMatchObject({ macs: 16 * (24 + 48), parameters: 24 + 48, signature: 'Conv>Conv@1' })
    expect(group.members.map(({ role }) => role)).toEqual(['activation', 'producer', 'activation', 'consumer'])
    expect(group.producers.map(({ opType }) => opType)).toEqual(['Conv'])
    expect(group.consumers.map(({ opType }) => opType)).toEqual(['Conv'])
  })

  test('groups are named by their first values, and found by any', () => {
    const groups = channelGroups(modelOf((g, x) => g.op('Concat', [x, conv(g, x, 8, 4)], { axis: 1 })))
    expect(groups.map(({ name }) => name)).toEqual(['x', 'first', 'Conv_1'])
    expect(groupOf(groups, 'last')?.name).toBe('first')
    expect(groupOf(groups, 'nothing')).toBeUndefined()
  })
})

function squeezeExcite(g: GraphBuilder, x: Value): Value {
  const hidden = g.op('Relu', [conv(g, g.op('GlobalAveragePool', [x]), 8, 2)])
  return g.op('Mul', [x, g.op('Sigmoid', [conv(g, hidden, 2, 8)])])
}
