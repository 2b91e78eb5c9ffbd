import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../test/architecture/run-model.js'
import { drawn } from '../../test/tune/samples.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Patch } from '../ir/patch.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { Runtime } from '../runtime/session.js'
import { channelsAt, rowShape } from './feature-rows.js'
import { type LinearLayer, linearLayer } from './linear-layer.js'

const random = new SeededRandom(3)
const draw = (...dims: number[]) => drawn(random, dims, 2)

interface Case {
  readonly title: string
  readonly dims: readonly number[]
  readonly build: (g: GraphBuilder, x: Value) => Value
  readonly isPointwise?: boolean
}

const conv =
  (weight: Tensor, bias: Tensor | undefined, attributes = {}) =>
  (g: GraphBuilder, x: Value) =>
    g.op('Conv', [x, g.constant(weight, 'weight'), bias && g.constant(bias, 'bias')], attributes)
const gemm =
  (weight: Tensor, bias: Tensor | undefined, attributes = {}) =>
  (g: GraphBuilder, x: Value) =>
    g.op('Gemm', [x, g.constant(weight, 'weight'), bias && g.constant(bias, 'bias')], attributes)

/** `add`: what is added to the product, behind it or before it. */
const matmul =
  (weight: Tensor, add?: Tensor, isFirst = false) =>
  (g: GraphBuilder, x: Value) => {
    const product = g.op('MatMul', [x, g.constant(weight, 'weight')])
    if (add === undefined) return product
    const operands = [product, g.constant(add, 'bias')]
    return g.op('Add', isFirst ? operands.reverse() : operands)
  }

const cases: readonly Case[] = [
  {
    title: '3x3, two groups, images of one sample as a batch',
    dims: [3, 4, 5, 5],
    build: conv(draw(6, 2, 3, 3), draw(6), { group: 2, pads: [1, 1, 1, 1], strides: [2, 1] }),
  },
  { title: '1x1', dims: [1, 4, 5, 7], build: conv(draw(3, 4, 1, 1), draw(3)), isPointwise: true },
  { title: '1x1 without bias', dims: [1, 4, 5, 7], build: conv(draw(3, 4, 1, 1), undefined), isPointwise: true },
  { title: '1x1, stride 2', dims: [1, 4, 5, 7], build: conv(draw(3, 4, 1, 1), draw(3), { strides: [2, 2] }) },
  { title: '1x1, padded', dims: [1, 4, 3, 3], build: conv(draw(3, 4, 1, 1), draw(3), { pads: [1, 0, 0, 1] }) },
  {
    title: '3x3, other pads on every side',
    dims: [1, 2, 6, 5],
    build: conv(draw(3, 2, 3, 3), draw(3), { pads: [1, 0, 2, 1] }),
  },
  {
    title: '3x2, strides 2 and 3',
    dims: [1, 2, 9, 11],
    build: conv(draw(4, 2, 3, 2), draw(4), { strides: [2, 3], pads: [1, 1, 1, 1] }),
  },
  {
    title: '3x3, dilations 2 and 1',
    dims: [1, 2, 8, 6],
    build: conv(draw(4, 2, 3, 3), draw(4), { dilations: [2, 1], pads: [2, 1, 2, 1] }),
  },
  {
    title: '3x3, auto_pad SAME_LOWER, stride 2',
    dims: [1, 2, 6, 7],
    build: conv(draw(2, 2, 3, 3), draw(2), { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
  },
  {
    title: '3x3, two groups',
    dims: [1, 4, 5, 5],
    build: conv(draw(6, 2, 3, 3), draw(6), { group: 2, pads: [1, 1, 1, 1] }),
  },
  { title: 'depthwise', dims: [1, 4, 5, 5], build: conv(draw(4, 1, 3, 3), draw(4), { group: 4, pads: [1, 1, 1, 1] }) },
  {
    title: 'depthwise, two outputs a channel, no bias',
    dims: [1, 3, 5, 5],
    build: conv(draw(6, 1, 3, 3), undefined, { group: 3 }),
  },
  {
    title: '1x1, two groups',
    dims: [1, 4, 3, 4],
    build: conv(draw(4, 2, 1, 1), draw(4), { group: 2 }),
    isPointwise: true,
  },
  { title: 'Gemm', dims: [1, 5], build: gemm(draw(5, 3), draw(3)), isPointwise: true },
  { title: 'Gemm of several rows', dims: [4, 5], build: gemm(draw(5, 3), draw(3)), isPointwise: true },
  { title: 'Gemm, transB', dims: [1, 5], build: gemm(draw(3, 5), draw(3), { transB: 1 }), isPointwise: true },
  { title: 'Gemm without C', dims: [1, 5], build: gemm(draw(3, 5), undefined, { transB: 1 }), isPointwise: true },
  { title: 'MatMul', dims: [1, 5], build: matmul(draw(5, 3)), isPointwise: true },
  { title: 'MatMul with a bias', dims: [1, 7, 5], build: matmul(draw(5, 3), draw(3)), isPointwise: true },
  { title: 'MatMul, its bias in front', dims: [1, 5], build: matmul(draw(5, 3), draw(3), true), isPointwise: true },
  { title: 'MatMul, a bias of rank 3', dims: [1, 7, 5], build: matmul(draw(5, 3), draw(1, 1, 3)), isPointwise: true },
  { title: 'MatMul of rank 4', dims: [1, 2, 3, 5], build: matmul(draw(5, 4), draw(4)), isPointwise: true },
  { title: 'MatMul of rank 4 by itself', dims: [1, 2, 3, 5], build: matmul(draw(5, 4)), isPointwise: true },
]

const layerOf = (model: Model) => [...model.graph.nodes()].map(linearLayer).find((layer) => layer !== undefined)

const modelOf = ({ dims, build }: Pick<Case, 'dims' | 'build'>): Model => {
  const model = buildModel((g) => g.output(build(g, g.input('x', 'float32', dims)), 'y'))
  inferTypes(model)
  return model
}

/** Rows times weights, as rows of y: groups side by side. */
function products(
  layer: LinearLayer,
  x: Tensor,
  outDims: readonly number[],
  weights: readonly Float64Array[],
): number[] {
  const { positions } = rowShape(outDims, layer.layout)
  const all = Int32Array.from({ length: positions }, (_, i) => i)
  const rows = weights.map((_, group) => layer.rows(x, outDims, all, group))
  const height = layer.width
  const found: number[] = []
  for (let n = 0; n < positions; n++) {
    for (const [group, w] of weights.entries()) {
      for (let o = 0; o < layer.outputs; o++) {
        let sum = 0
        for (let i = 0; i < height; i++) sum += rows[group]![n * height + i]! * w[i * layer.outputs + o]!
        found.push(sum)
      }
    }
  }
  return found
}

function expectAlike(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length)
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 4)
}

const runtime = new Runtime()
afterAll(() => runtime.close())

describe('a layer as a linear system', () => {
  test.each(cases)('$title: rows times weights are its output, also with other weights', async (each) => {
    const model = modelOf(each)
    const layer = layerOf(model)!
    expect(layer.output.name).toBe('y')
    expect(layer.isPointwise).toBe(each.isPointwise === true)
    const x = drawn(random, each.dims, 2)
    const rowsOfRun = async () => {
      const y = (await run(runtime, model, new Map([['x', x]]))).get('y')!
      const { positions } = rowShape(y.dims, layer.layout)
      return {
        y,
        rows: channelsAt(
          y,
          Int32Array.from({ length: positions }, (_, i) => i),
          layer.layout,
        ),
      }
    }
    const { y, rows } = await rowsOfRun()
    const present = Array.from({ length: layer.groups }, (_, group) => layer.weights(group))
    expectAlike(products(layer, x, y.dims, present), rows)

    const names = [...model.graph.initializers].map(({ name }) => name)
    const others = present.map((weights) => weights.map(() => random.uniform() - 0.5))
    const patch = new Patch(model)
    expect(layer.write(patch, others)).toBe(true)
    patch.collectGarbage(() => true)
    expectAlike((await rowsOfRun()).rows, products(layer, x, y.dims, others))
    // What had no bias but can have one has it now.
    expect([...model.graph.initializers].map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    expect(model.graph.initializers.size).toBe(layer.hasBias ? 2 : 1)
    const read = layerOf(model)!
    for (const [group, weights] of others.entries()) expectAlike(read.weights(group), weights)
  })

  test('some positions are rows of all positions', () => {
    const each = cases.find(({ title }) => title.includes('strides 2 and 3'))!
    const layer = linearLayer(modelOf(each).graph.last!)!
    const x = drawn(random, each.dims)
    const outDims = [1, 4, 5, 4]
    const all = layer.rows(
      x,
      outDims,
      Int32Array.from({ length: 20 }, (_, i) => i),
      0,
    )
    const { width } = layer
    const some = layer.rows(x, outDims, Int32Array.of(19, 3, 8), 0)
    expect([...some]).toEqual([19, 3, 8].flatMap((at) => [...all.subarray(at * width, (at + 1) * width)]))
  })

  test('weights that somebody else reads too stay theirs, names included', () => {
    const weight = draw(4, 4, 1, 1)
    const model = buildModel((g) => {
      const shared = g.constant(weight, 'weight')
      const first = g.op('Conv', [g.input('x', 'float32', [1, 4, 3, 3]), shared])
      g.output(g.op('Conv', [g.op('Relu', [first]), shared]), 'y')
    })
    inferTypes(model)
    const [first, last] = [model.graph.first!, model.graph.last!]
    const layer = linearLayer(first)!
    layer.write(new Patch(model), [layer.weights(0).map((value) => value + 1)])
    expect(last.inputs[1]!.name).toBe('weight')
    expect(Array.from(last.inputs[1]!.tensor!.numbers())).toEqual(Array.from(weight.numbers()))
    expect(first.inputs[1]!.name).not.toBe('weight')
  })

  test('weights beyond the range of float16 are not written', () => {
    const model = buildModel((g) => {
      const weight = Tensor.fromArray('float16', [1, 2, 1, 1], Uint16Array.of(0x3c00, 0x3c00))
      g.output(g.op('Conv', [g.input('x', 'float16', [1, 2, 3, 3]), g.constant(weight, 'weight')]), 'y')
    })
    inferTypes(model)
    const node = model.graph.last!
    const before = node.inputs[1]
    expect(linearLayer(node)!.write(new Patch(model), [Float64Array.of(1, 1e6, 0)])).toBe(false)
    expect(node.inputs[1]).toBe(before)
  })

  const refused: readonly Pick<Case, 'title' | 'dims' | 'build'>[] = [
    { title: 'Gemm with transA', dims: [5, 1], build: gemm(draw(5, 3), draw(3), { transA: 1 }) },
    { title: 'Gemm with alpha', dims: [1, 5], build: gemm(draw(5, 3), draw(3), { alpha: 0.5 }) },
    { title: 'Gemm with beta', dims: [1, 5], build: gemm(draw(5, 3), draw(3), { beta: 0.5 }) },
    { title: 'Gemm with another C a row', dims: [2, 5], build: gemm(draw(5, 3), draw(2, 3)) },
    { title: 'MatMul of constants of rank 3', dims: [2, 4, 5], build: matmul(draw(2, 5, 3)) },
    { title: 'MatMul with a vector', dims: [4, 5], build: matmul(draw(5)) },
    {
      title: 'MatMul with the constant in front',
      dims: [5, 4],
      build: (g, x) => g.op('MatMul', [g.constant(draw(3, 5)), x]),
    },
    { title: 'MatMul of a vector', dims: [5], build: matmul(draw(5, 3)) },
    { title: 'MatMul of two inputs', dims: [5, 5], build: (g, x) => g.op('MatMul', [x, g.op('Relu', [x])]) },
    { title: 'Conv of one axis', dims: [1, 2, 5], build: conv(draw(3, 2, 3), draw(3)) },
    {
      title: 'ConvTranspose',
      dims: [1, 2, 5, 5],
      build: (g, x) => g.op('ConvTranspose', [x, g.constant(draw(2, 3, 2, 2))]),
    },
    { title: 'Conv with computed weights', dims: [3, 2, 1, 1], build: (g, x) => g.op('Conv', [g.op('Relu', [x]), x]) },
  ]
  test.each(refused)('$title is none', (each) => {
    expect(linearLayer(modelOf(each).graph.last!)).toBeUndefined()
  })

  const withoutBias: readonly Pick<Case, 'title' | 'dims' | 'build'>[] = [
    { title: 'another vector for every row', dims: [2, 5], build: matmul(draw(5, 3), draw(2, 3)) },
    { title: 'one number for all', dims: [2, 5], build: matmul(draw(5, 3), draw(1)) },
    { title: 'one number a row', dims: [3, 5], build: matmul(draw(5, 3), draw(3, 1)) },
    { title: 'what makes the rank larger', dims: [2, 5], build: matmul(draw(5, 3), draw(1, 1, 3)) },
    {
      title: 'a vector, where the product is wanted too',
      dims: [2, 5],
      build: (g, x) => {
        const product = g.op('MatMul', [x, g.constant(draw(5, 3))])
        return g.op('Mul', [g.op('Add', [product, g.constant(draw(3))]), product])
      },
    },
    {
      title: 'a computed vector',
      dims: [2, 5],
      build: (g, x) => g.op('Add', [g.op('MatMul', [x, g.constant(draw(5, 3))]), g.op('Neg', [g.constant(draw(3))])]),
    },
  ]
  test.each(withoutBias)('a product has no bias in $title', (each) => {
    const layer = layerOf(modelOf(each))!
    expect(layer.hasBias).toBe(false)
    expect(layer.output).toBe(layer.node.outputs[0])
  })
})
