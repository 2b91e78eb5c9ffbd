import { expect, test } from 'vitest'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
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
