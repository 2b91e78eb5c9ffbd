import { describe, expect, test } from 'vitest'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { changedPlaces } from './changed-places.js'
import { type OutlineNode, outlineOf } from './graph-outline.js'

const node = (name: string, op: string, reads: number[] = [], more: Partial<OutlineNode> = {}): OutlineNode => ({
  name,
  op,
  origins: [name],
  reads,
  output: '1 x 8',
  constants: [],
  ...more,
})

/** Names and changes, edges as `from>to`. */
const drawn = (before: OutlineNode[], after: OutlineNode[]) =>
  changedPlaces(before, after).places.map(({ count, ...sides }) => [
    count,
    ...[sides.before, sides.after].map(({ nodes, edges }) =>
      [...nodes.map(({ name, change }) => `${name} ${change}`), ...edges.map((edge) => edge.join('>'))].join(', '),
    ),
  ])

describe('places that changed', () => {
  test('none where nothing did', () => {
    const graph = [node('a', 'Conv'), node('b', 'Relu', [0])]
    expect(changedPlaces(graph, graph)).toEqual({ places: [], omitted: 0 })
  })

  test('a node merged into another, with what is next to them', () => {
    const before = [
      node('a', 'Relu'),
      node('b', 'Conv', [0]),
      node('c', 'BatchNormalization', [1]),
      node('d', 'Relu', [2]),
    ]
    const after = [node('a', 'Relu'), node('b', 'Conv', [0], { origins: ['b', 'c'] }), node('d', 'Relu', [1])]
    expect(drawn(before, after)).toEqual([
      [1, 'a kept, b changed, c changed, d kept, 0>1, 1>2, 2>3', 'a kept, b changed, d kept, 0>1, 1>2'],
    ])
  })

  test('what went without a trace belongs to what changed beside it', () => {
    const before = [node('a', 'Conv'), node('b', 'Clip', [0]), node('c', 'Conv', [1])]
    expect(drawn(before, [node('c', 'Conv', [], { origins: ['a', 'c'] })])).toEqual([
      [1, 'a changed, b changed, c changed, 0>1, 1>2', 'c changed'],
    ])
  })

  test('places that changed alike are one, counted', () => {
    const block = (i: number) => [node(`c${i}`, 'Conv'), node(`b${i}`, 'BatchNormalization', [2 * i])]
    const before = [0, 1, 2].flatMap(block)
    const after = [0, 1, 2].map((i) => node(`c${i}`, 'Conv', [], { origins: [`c${i}`, `b${i}`] }))
    expect(drawn(before, after)).toEqual([[3, 'c0 changed, b0 changed, 0>1', 'c0 changed']])
  })

  test('other sizes are shown where nothing else changed', () => {
    const before = [node('a', 'Conv', [], { output: '1 x 32' }), node('b', 'Relu', [0])]
    const after = [node('a', 'Conv', [], { output: '1 x 24' }), node('b', 'Relu', [0])]
    expect(drawn(before, after)).toEqual([[1, 'a resized, b kept, 0>1', 'a resized, b kept, 0>1']])
  })

  test('of very many nodes the first are shown, and the others counted', () => {
    const before = Array.from({ length: 100 }, (_, i) => node(`n${i}`, 'Identity', i === 0 ? [] : [i - 1]))
    const [place] = changedPlaces(before, []).places
    expect(
      place!.before.nodes.filter(({ change }) => change === 'changed').length + place!.before.omitted,
    ).toBeGreaterThanOrEqual(100)
    expect(place!.before.nodes.length).toBeLessThan(40)
  })
})

test('an outline has nodes that compute, their sizes, and constants with who takes them', () => {
  const model = buildModel((g) => {
    const w = g.constant(Tensor.fromArray('float32', [4, 3, 1, 1], new Float32Array(12)))
    const y = g.op('Conv', [g.input('x', 'float32', ['n', 3, 8, 8]), w])
    const offset = g.op('Constant', [], { value: Tensor.fromArray('float32', [1, 4, 1, 1], new Float32Array(4)) })
    g.output(g.op('Add', [y, offset]), 'y')
  })
  inferTypes(model)
  expect(outlineOf(model).map(({ op, reads, output, constants }) => [op, reads, output, constants])).toEqual([
    ['Conv', [], 'n x 4 x 8 x 8', ['4 x 3 x 1 x 1']],
    ['Add', [0], 'n x 4 x 8 x 8', ['1 x 4 x 1 x 1']],
  ])
})
