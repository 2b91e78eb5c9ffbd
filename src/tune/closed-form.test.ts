import { describe, expect, test } from 'vitest'
import { type ActivationForm, activate } from '../../test/architecture/bottleneck.js'
import { dataSetOf, waves } from '../../test/tune/samples.js'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import type { Decision } from '../passes/architecture/decision.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { tuneClosedForm } from './closed-form.js'
import { measureFidelity } from './fidelity.js'

const random = new SeededRandom(7)
const draw = (dims: readonly number[], scale: number) => {
  const values = Array.from(
    { length: dims.reduce((all, size) => all * size, 1) },
    () => (random.uniform() - 0.5) * scale,
  )
  return Tensor.float32(values, dims)
}

/** Images of smooth waves. */
function samples(count: number): DataSet {
  const images = Array.from({ length: count }, () => {
    const [a, b, c] = [random.uniform() * 2, random.uniform() * 2, random.uniform() * 6]
    return Float32Array.from({ length: 3 * 12 * 12 }, (_, i) => Math.sin(a * (i % 12) + b * Math.floor(i / 12) + c))
  })
  return {
    source: 'waves',
    count,
    batch: async (chosen) => {
      const values = Float32Array.from(chosen.flatMap((sample) => [...images[sample]!]))
      return new Map([['x', Tensor.fromArray('float32', [chosen.length, 3, 12, 12], values)]])
    },
    digests: async () => images.map((_, i) => String(i)),
  }
}

/** An inverted bottleneck with a residual path, ReLU6, and a layer behind it. */
const teacher = () => {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', ['n', 3, 12, 12])
    const bounds = [g.constant(Tensor.float32([0], [])), g.constant(Tensor.float32([6], []))]
    const stem = g.op('Conv', [x, g.constant(draw([6, 3, 3, 3], 1)), g.constant(draw([6], 1))], { pads: [1, 1, 1, 1] })
    const wide = g.op('Conv', [stem, g.constant(draw([18, 6, 1, 1], 1.5)), g.constant(draw([18], 1))])
    const depth = g.op(
      'Conv',
      [g.op('Clip', [wide, ...bounds]), g.constant(draw([18, 1, 3, 3], 1)), g.constant(draw([18], 1))],
      { group: 18, pads: [1, 1, 1, 1] },
    )
    const narrow = g.op('Conv', [
      g.op('Clip', [depth, ...bounds]),
      g.constant(draw([6, 18, 1, 1], 1)),
      g.constant(draw([6], 1)),
    ])
    const sum = g.op('Add', [stem, narrow])
    g.output(g.op('Conv', [g.op('Relu', [sum]), g.constant(draw([4, 6, 1, 1], 1))]), 'y')
  })
  inferTypes(model)
  return model
}

test('a fused block that is fitted to the original is nearer to it than what algebra gives, on samples it has not seen', async () => {
  const original = teacher()
  const recipe = { recipeVersion: 1, decisions: [{ kind: 'block', block: 0, alternative: 'fused' }] } as const
  const held = samples(20)
  const noise = async (tuned: boolean) => {
    const { model, correspondence, fitted } = applyRecipe(original, recipe)
    if (tuned) {
      const request = { teacher: original, student: model, correspondence, fitted, data: samples(60), options: {} }
      const { layers } = await tuneClosedForm(request)
      expect(layers.length).toBeGreaterThanOrEqual(2)
      for (const { conditioning, regularisation } of layers) {
        expect(conditioning).toBeGreaterThanOrEqual(1)
        expect(regularisation).toBeGreaterThan(0)
      }
    }
    const value = model.graph.outputs[0]!
    const request = { teacher: original, student: model, correspondence, places: [{ at: 'y', value }], data: held }
    const [place] = (await measureFidelity(request)).noise
    return place!.nsr
  }
  const [algebra, fitted] = [await noise(false), await noise(true)]
  expect(fitted).toBeLessThan(algebra / 4)
})

test('a depthwise convolution as a standard one is fitted to itself: nothing is lost', async () => {
  const original = teacher()
  const recipe = { recipeVersion: 1, decisions: [{ kind: 'block', block: 0, alternative: 'standard' }] } as const
  const { model, correspondence, fitted } = applyRecipe(original, recipe)
  await tuneClosedForm({ teacher: original, student: model, correspondence, fitted, data: samples(60), options: {} })
  const value = model.graph.outputs[0]!
  const request = { teacher: original, student: model, correspondence, places: [{ at: 'y', value }], data: samples(10) }
  const [place] = (await measureFidelity(request)).noise
  expect(place!.nsr).toBeLessThan(1e-4)
})

/** A stem, a depthwise convolution, projections and a Gemm over open sizes; some of it depends on the case. */
const network = (middle: (g: GraphBuilder, stem: Value) => Value, inputs: 'one' | 'two' = 'one'): Model => {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', ['n', 3, 'h', 'w'])
    const convolved = (from: Value, dims: readonly number[], attributes = {}) =>
      g.op('Conv', [from, g.constant(draw(dims, 1.2)), g.constant(draw([dims[0]!], 1))], attributes)
    let stem = g.op('Relu', [convolved(x, [8, 3, 3, 3], { pads: [1, 1, 1, 1] })])
    if (inputs === 'two') stem = g.op('Mul', [stem, g.op('Sigmoid', [g.input('gate', 'float32', ['n', 1, 1, 1])])])
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [middle(g, stem)])])
    g.output(g.op('Gemm', [pooled, g.constant(draw([5, 8], 2)), g.constant(draw([5], 1))], { transB: 1 }), 'y')
  })
  inferTypes(model)
  return model
}

const layer = (g: GraphBuilder, x: Value, dims: readonly number[], attributes = {}) =>
  g.op('Conv', [x, g.constant(draw(dims, 1.2)), g.constant(draw([dims[0]!], 1))], attributes)

/** Expand, depthwise, project, with a residual path around all. */
function block(g: GraphBuilder, x: Value, form: ActivationForm): Value {
  const wide = activate(g, layer(g, x, [24, 8, 1, 1]), form, 24)
  const depth = activate(g, layer(g, wide, [24, 1, 3, 3], { group: 24, pads: [1, 1, 1, 1] }), form, 24)
  return g.op('Add', [x, layer(g, depth, [8, 24, 1, 1])])
}

const images = (count: number, sizes: readonly (readonly [number, number])[] = [[8, 8]]) =>
  Array.from({ length: count }, (_, i) => ({ x: waves(random, [3, ...sizes[i % sizes.length]!]) }))

const fused = (at: number): Decision => ({ kind: 'block', block: at, alternative: 'fused' })
const halved: Decision = { kind: 'depth-multiplier', ratio: 0.5, multipleOf: 2 }

/** Noise at the outputs: what algebra gives, and after a fit; and the layers that were fitted. */
async function beforeAndAfter(
  original: Model,
  decisions: readonly Decision[],
  data: DataSet,
  held: DataSet,
  threads = 1,
) {
  const rewritten = () => applyRecipe(original, { recipeVersion: 1, decisions })
  const noise = async ({ model, correspondence }: ReturnType<typeof rewritten>) => {
    const places = [{ at: 'y', value: model.graph.outputs[0]! }]
    const request = { teacher: original, student: model, correspondence, places, data: held }
    return (await measureFidelity(request)).noise[0]!.nsr
  }
  const [plain, tuned] = [rewritten(), rewritten()]
  const { model, correspondence, fitted } = tuned
  const request = { teacher: original, student: model, correspondence, fitted, data, options: { threads } }
  const { layers } = await tuneClosedForm(request)
  return { algebra: await noise(plain), fitted: await noise(tuned), layers, model }
}

describe('networks that are fitted are nearer to the original than what algebra gives', () => {
  interface Case {
    readonly title: string
    readonly original: () => Model
    readonly decisions: readonly Decision[]
    readonly samples?: (count: number) => readonly Readonly<Record<string, Tensor>>[]
  }
  const relu6 = (g: GraphBuilder, x: Value) => block(g, x, 'Relu6')
  const grouped = (g: GraphBuilder, x: Value) =>
    g.op('Relu', [layer(g, g.op('Relu', [layer(g, x, [16, 4, 3, 3], { group: 2 })]), [8, 16, 1, 1])])
  const cases: readonly Case[] = [
    {
      title: 'half of all channels: stem, depthwise, projection and Gemm',
      original: () => network(relu6),
      decisions: [halved],
    },
    {
      title: 'a fused block with HardSwish',
      original: () => network((g, x) => block(g, x, 'HardSwish')),
      decisions: [fused(0)],
    },
    {
      title: 'a fused block with SiLU written out',
      original: () => network((g, x) => block(g, x, 'Silu written out')),
      decisions: [fused(0)],
    },
    {
      title: 'two fused blocks',
      original: () => network((g, x) => block(g, block(g, x, 'Relu6'), 'Relu6')),
      decisions: [fused(0), fused(1)],
    },
    { title: 'half of the channels, and a fused block', original: () => network(relu6), decisions: [halved, fused(0)] },
    {
      title: 'a grouped block',
      original: () => network(relu6),
      decisions: [{ kind: 'block', block: 0, alternative: 'grouped', groups: 2 }],
    },
    { title: 'grouped layers of half the channels', original: () => network(grouped), decisions: [halved] },
    {
      title: 'images of different sizes',
      original: () => network(relu6),
      decisions: [halved],
      samples: (count) =>
        images(count, [
          [8, 6],
          [6, 8],
          [9, 9],
          [5, 7],
        ]),
    },
    {
      title: 'windows of an image that go through a fused block as a batch',
      original: () =>
        network((g, x) => {
          const sizes = (side: number) => g.constant(Tensor.int64([-1, 8, side, side]))
          return g.op('Reshape', [block(g, g.op('Reshape', [x, sizes(4)]), 'Relu6'), sizes(8)])
        }),
      decisions: [fused(0)],
    },
    {
      title: 'a second input',
      original: () => network(relu6, 'two'),
      decisions: [halved],
      samples: (count) => images(count).map(({ x }) => ({ x, gate: draw([1, 1, 1, 1], 4) })),
    },
    {
      title: 'a block whose result meets one vector a channel',
      original: () =>
        network((g, x) => g.op('Add', [block(g, x, 'Relu6'), layer(g, g.op('GlobalAveragePool', [x]), [8, 8, 1, 1])])),
      decisions: [halved],
    },
  ]
  test.each(cases)('$title', async ({ original, decisions, samples = images }) => {
    const { algebra, fitted, layers } = await beforeAndAfter(
      original(),
      decisions,
      dataSetOf(samples(40)),
      dataSetOf(samples(12)),
    )
    expect(layers.length).toBeGreaterThan(0)
    expect(fitted).toBeLessThan(algebra / 2)
  })
})

test('one thread and two give the same to rounding', async () => {
  const original = network((g, x) => block(g, x, 'Relu6'))
  const [data, held] = [dataSetOf(images(30)), dataSetOf(images(10))]
  const [one, two] = [
    await beforeAndAfter(original, [fused(0)], data, held, 1),
    await beforeAndAfter(original, [fused(0)], data, held, 2),
  ]
  expect(Math.abs(one.fitted - two.fitted)).toBeLessThan(0.02 * one.fitted + 1e-6)
  expect(two.layers.map((each) => each.layer)).toEqual(one.layers.map((each) => each.layer))
})

test('fewer rows than a layer downstream has unknowns: it keeps its weights', async () => {
  const original = network((g, x) => block(g, x, 'Relu6'))
  const gemmOf = (model: Model) =>
    Array.from([...model.graph.nodes()].find((node) => node.is('Gemm'))!.inputs[1]!.tensor!.numbers())
  const { layers, model } = await beforeAndAfter(original, [fused(0)], dataSetOf(images(6)), dataSetOf(images(4)))
  expect(layers.some(({ layer }) => layer.startsWith('Gemm'))).toBe(false)
  expect(gemmOf(model)).toEqual(gemmOf(original))
})
