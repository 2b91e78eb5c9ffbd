import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../../test/architecture/run-model.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { Runtime } from '../../runtime/session.js'
import { channelGroups } from './channel-groups.js'
import { linearReaders, readingAxes } from './linear-readers.js'

const random = new SeededRandom(11)
const draw = (dims: readonly number[]) =>
  Tensor.float32(
    Array.from({ length: volume(dims) }, () => random.uniform() - 0.5),
    dims,
  )

/** A reader behind a layer of its channels, and the same reader by itself on an input of those dims. */
interface Case {
  readonly title: string
  readonly before: (g: GraphBuilder) => Value
  readonly dims: readonly number[]
  readonly axis: number
  readonly reader: (g: GraphBuilder, x: Value) => Value
  readonly units: readonly number[]
}

const conv = (g: GraphBuilder, x: Value, dims: readonly number[], attributes = {}) =>
  g.op('Conv', [x, g.constant(draw(dims))], attributes)
const image = (g: GraphBuilder, channels: number) =>
  g.op('Relu', [conv(g, g.input('x', 'float32', [1, 2, 5, 5]), [channels, 2, 1, 1])])
const rows = (g: GraphBuilder, features: number) =>
  g.op('Relu', [g.op('MatMul', [g.input('x', 'float32', [4, 3]), g.constant(draw([3, features]))])])

const pads = [2, 2, 2, 2]
const weights = {
  dense: draw([3, 6, 3, 3]),
  grouped: draw([4, 3, 3, 3]),
  transposed: draw([6, 2, 3, 3]),
  gemm: draw([5, 6]),
  matmul: draw([6, 5]),
}

const cases: readonly Case[] = [
  {
    title: 'a dense convolution: all taps of all outputs',
    before: (g) => image(g, 6),
    dims: [1, 6, 5, 5],
    axis: 1,
    reader: (g, x) => g.op('Conv', [x, g.constant(weights.dense)], { pads }),
    units: [0, 1, 2, 3, 4, 5],
  },
  {
    title: 'a grouped convolution: one unit is a channel of every group, and groups share no outputs',
    before: (g) => image(g, 6),
    dims: [1, 6, 5, 5],
    axis: 1,
    reader: (g, x) => g.op('Conv', [x, g.constant(weights.grouped)], { group: 2, pads }),
    units: [0, 1, 2, 0, 1, 2],
  },
  {
    title: 'a transposed convolution',
    before: (g) => image(g, 6),
    dims: [1, 6, 5, 5],
    axis: 1,
    reader: (g, x) => g.op('ConvTranspose', [x, g.constant(weights.transposed)]),
    units: [0, 1, 2, 3, 4, 5],
  },
  {
    title: 'a Gemm with transposed weights',
    before: (g) => rows(g, 6),
    dims: [4, 6],
    axis: 1,
    reader: (g, x) => g.op('Gemm', [x, g.constant(weights.gemm)], { transB: 1 }),
    units: [0, 1, 2, 3, 4, 5],
  },
  {
    title: 'a MatMul behind a concatenation: what is of other groups has no unit',
    before: (g) =>
      g.op('Concat', [rows(g, 4), g.op('MatMul', [g.input('z', 'float32', [4, 3]), g.constant(draw([3, 2]))])], {
        axis: 1,
      }),
    dims: [4, 6],
    axis: 1,
    reader: (g, x) => g.op('MatMul', [x, g.constant(weights.matmul)]),
    units: [0, 1, 2, 3, -1, -1],
  },
]

const runtime = new Runtime()
afterAll(() => runtime.close())

describe('linear readers', () => {
  test.each(cases)('$title', async ({ before, dims, axis, reader, units }) => {
    const model = buildModel((g) => {
      g.output(reader(g, before(g)), 'y')
    })
    inferTypes(model)
    const group = channelGroups(model).find((each) => each.pinned === undefined)!
    const [found, ...others] = linearReaders(group)
    expect(others).toEqual([])
    expect(found).toMatchObject({ axis, positions: dims[axis] })
    expect([...found!.units]).toEqual(units)

    // What one position adds to the outputs, one element of it being 1.
    const alone = buildModel((g) => {
      g.output(reader(g, g.input('x', 'float32', dims)), 'y')
    })
    const added: ArrayLike<number>[] = []
    const inner = volume(dims.slice(axis + 1))
    for (let p = 0; p < dims[axis]!; p++) {
      const values = new Float32Array(volume(dims))
      values[p * inner + Math.floor(inner / 2)] = 1
      const outputs = await run(runtime, alone, new Map([['x', Tensor.fromArray('float32', dims, values)]]))
      added.push(outputs.get('y')!.numbers())
    }
    const products = added.flatMap((a) => added.map((b) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0)))
    const gram = found!.gram()
    expect(gram.length).toBe(products.length)
    for (const [i, product] of products.entries()) expect(gram[i]).toBeCloseTo(product, 5)
  })

  test('what is not summed with constant weights is no reader', () => {
    const model = buildModel((g) => {
      const x = rows(g, 6)
      g.output(g.op('MatMul', [x, g.op('Transpose', [x], { perm: [1, 0] })]), 'y')
    })
    inferTypes(model)
    const group = channelGroups(model).find((each) => each.pinned === undefined)!
    expect(linearReaders(group)).toEqual([])
  })

  test('a depthwise convolution reads each channel by itself: no reader, but a place where one may come to be', () => {
    const model = buildModel((g) => {
      const x = image(g, 6)
      const depthwise = conv(g, x, [6, 1, 3, 3], { group: 6 })
      g.output(conv(g, g.op('Relu', [depthwise]), [3, 6, 1, 1]), 'y')
    })
    inferTypes(model)
    const [group] = channelGroups(model).filter((each) => each.pinned === undefined)
    const [relu, behind] = [...model.graph.nodes()].filter((node) => node.is('Relu')).map((node) => node.outputs[0]!)
    expect(linearReaders(group!).map(({ value }) => value)).toEqual([behind])
    expect(readingAxes(group!).map(({ value }) => value)).toEqual(expect.arrayContaining([relu, behind]))
  })
})
