import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { dataSetOf, drawn, waves } from '../../test/tune/samples.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { Correspondence } from '../passes/architecture/correspondence.js'
import type { Recipe } from '../passes/architecture/decision.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { fromDoubles, toDoubles } from '../passes/weights.js'
import { SeededRandom } from '../runtime/random.js'
import { tuneClosedForm } from './closed-form.js'
import { measureFidelity } from './fidelity.js'
import { StudentWalk } from './student-walk.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('weights beyond the range of their dtype are not written, and not reported', () => {
  const half = (tensor: Tensor) => fromDoubles('float16', tensor.dims, toDoubles(tensor)!)

  /** Two layers, the first of outputs near a thousandth; `factor` times the size of what the second gives, if any. */
  function chain(activation: 'Relu' | undefined, factor?: number): Model {
    const random = new SeededRandom(5)
    const model = buildModel((g) => {
      const constant = (dims: readonly number[], scale: number) => g.constant(half(drawn(random, dims, scale)))
      const conv = (from: Value, scale: number) =>
        g.op('Conv', [from, constant([4, 4, 1, 1], scale), constant([4], 2e-3)])
      const a = conv(g.input('x', 'float16', ['n', 4, 5, 5]), 2e-3)
      a.name = 'a'
      const b = conv(activation === undefined ? a : g.op(activation, [a]), 64)
      const times = (value: number) => g.constant(fromDoubles('float16', [], Float64Array.of(value)))
      // The size, so that onnxruntime does not fold the factor into the layer.
      g.output(factor === undefined ? b : g.op('Mul', [g.op('Abs', [b]), times(factor)]), 'y')
    })
    inferTypes(model)
    return model
  }

  const random = new SeededRandom(6)
  const data = dataSetOf(Array.from({ length: 20 }, () => ({ x: half(drawn(random, [1, 4, 5, 5], 2)) })))
  const layersOf = (model: Model) => [...model.graph.nodes()].filter((node) => node.is('Conv'))
  const weightsOf = (model: Model) => layersOf(model).map(({ inputs }) => Array.from(inputs[1]!.tensor!.numbers()))

  const fit = async (activation: 'Relu' | undefined, at: 0 | 1, factor: number) => {
    const [teacher, student] = [chain(activation, factor), chain(activation)]
    const node = layersOf(student)[at]!
    const fitted = [{ node, target: node.outputs[0]!.name }]
    const before = weightsOf(student)
    const correspondence = new Correspondence()
    const { layers } = await tuneClosedForm({ teacher, student, correspondence, fitted, data, options: {} })
    const isReported = layersOf(student).map(({ label }) => layers.some(({ layer }) => layer === label))
    return { isReported, before, after: weightsOf(student) }
  }

  test.each([
    ['a layer by itself', undefined, 1],
    ['a pair', 'Relu', 0],
    ['a layer downstream', undefined, 0],
  ] as const)('%s', async (_, activation, at) => {
    const within = await fit(activation, at, 20)
    expect(within.isReported[1]).toBe(true)
    expect(within.after[1]).not.toEqual(within.before[1])
    const beyond = await fit(activation, at, 6e4)
    expect(beyond.isReported[1]).toBe(false)
    expect(beyond.after[1]).toEqual(beyond.before[1])
    if (activation === undefined) return
    expect(beyond.isReported[0]).toBe(false)
    expect(beyond.after[0]).toEqual(beyond.before[0])
  })
})

/** Stem, block and Gemm; `batch` samples go through at once. */
function network(batch: number | string, middle: (g: GraphBuilder, stem: Value) => Value): Model {
  const random = new SeededRandom(9)
  const model = buildModel((g) => {
    const conv = (from: Value, dims: readonly number[], attributes = {}) =>
      g.op('Conv', [from, g.constant(drawn(random, dims, 1.2)), g.constant(drawn(random, [dims[0]!]))], attributes)
    const x = g.input('x', 'float32', [batch, 3, 8, 8])
    const stem = g.op('Relu', [conv(x, [8, 3, 3, 3], { pads: [1, 1, 1, 1] })])
    const narrow = conv(g.op('Relu', [conv(middle(g, stem), [16, 8, 3, 3])]), [8, 16, 1, 1])
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [narrow])])
    g.output(g.op('Gemm', [pooled, g.constant(drawn(random, [8, 5], 2))]), 'y')
  })
  inferTypes(model)
  return model
}

const random = new SeededRandom(11)
const images = (count: number) => dataSetOf(Array.from({ length: count }, () => ({ x: waves(random, [3, 8, 8]) })))
const halved: Recipe = {
  recipeVersion: 1,
  decisions: [{ kind: 'depth-multiplier', ratio: 0.5, multipleOf: 2 }],
}

test('a fixed batch, samples that do not fill the last one: the same weights as of an open batch', async () => {
  const [data, held] = [images(42), images(10)]
  const weights: number[][] = []
  for (const batch of ['n', 4]) {
    const original = network(batch, (_, stem) => stem)
    const noise = async (isTuned: boolean) => {
      const { model, correspondence, fitted } = applyRecipe(original, halved)
      if (isTuned) {
        await tuneClosedForm({ teacher: original, student: model, correspondence, fitted, data, options: {} })
        weights.push([...model.graph.nodes()].flatMap(({ inputs }) => Array.from(inputs[1]?.tensor?.numbers() ?? [])))
      }
      const places = [{ at: 'y', value: model.graph.outputs[0]! }]
      const request = { teacher: original, student: model, correspondence, places, data: held }
      return (await measureFidelity(request)).noise[0]!.nsr
    }
    expect(await noise(true)).toBeLessThan((await noise(false)) / 2)
  }
  const [open, fixed] = weights as [number[], number[]]
  expect(fixed.length).toBe(open.length)
  for (const [i, weight] of open.entries()) expect(fixed[i]).toBeCloseTo(weight, 4)
})

test('a fixed batch, values that are not sample by sample: the value is named, and what to do', async () => {
  const original = network(4, (g, stem) => {
    const sizes = (side: number) => g.constant(Tensor.int64([-1, 8, side, side]))
    const kernel = g.constant(drawn(new SeededRandom(10), [8, 8, 1, 1]))
    return g.op('Reshape', [g.op('Conv', [g.op('Reshape', [stem, sizes(4)]), kernel]), sizes(8)])
  })
  const { model, correspondence } = applyRecipe(original, { recipeVersion: 1, decisions: [] })
  const node = [...model.graph.nodes()].find((each) => each.is('Conv') && each.inputs[0]!.producer?.is('Reshape'))!
  const fitted = [{ node, target: node.outputs[0]!.name }]
  const request = { teacher: original, student: model, correspondence, fitted, data: images(8), options: {} }
  await expect(tuneClosedForm(request)).rejects.toMatchObject({
    name: 'UserError',
    code: 'invalid-model',
    place: `"${node.outputs[0]!.name}"`,
    message: expect.stringContaining('for a batch of 4'),
    remedy: expect.stringContaining('export the model for a batch of 1'),
  })
})

test('nothing stays on disk where the walk cannot begin', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'closed-form-limits-'))
  vi.stubEnv('TMPDIR', folder)
  try {
    const original = network('n', (_, stem) => stem)
    const { model, correspondence, fitted } = applyRecipe(original, halved)
    const open = vi.spyOn(StudentWalk, 'open').mockRejectedValue(new Error('no space left'))
    const request = { teacher: original, student: model, correspondence, fitted, data: images(4), options: {} }
    await expect(tuneClosedForm(request)).rejects.toThrow('no space left')
    expect(open).toHaveBeenCalledOnce()
    expect(await readdir(folder)).toEqual([])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
