import { describe, expect, test } from 'vitest'
import { dataSetOf, drawn, waves } from '../../test/tune/samples.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Patch } from '../ir/patch.js'
import { Correspondence } from '../passes/architecture/correspondence.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { cloneModel } from '../passes/clone-model.js'
import { SeededRandom } from '../runtime/random.js'
import { measureFidelity } from './fidelity.js'
import { linearLayer } from './linear-layer.js'
import { Renormalizer } from './renormalizer.js'

const random = new SeededRandom(11)
const data = dataSetOf(Array.from({ length: 24 }, () => ({ x: waves(random, [3, 12, 12]) })))
const unseen = dataSetOf(Array.from({ length: 24 }, () => ({ x: waves(random, [3, 12, 12]) })))

/** Three convolutions with activations between them, and a classifier. */
function teacher(batch: number | 'n', opset: number): Model {
  const model = buildModel(
    (g) => {
      const x = g.input('x', 'float32', [batch, 3, 12, 12])
      const convolved = (from: typeof x, dims: readonly number[], attributes = {}) =>
        g.op('Conv', [from, g.constant(drawn(random, dims, 1.5)), g.constant(drawn(random, [dims[0]!], 1))], attributes)
      const first = g.op('Relu', [convolved(x, [8, 3, 3, 3], { pads: [1, 1, 1, 1] })])
      const second = g.op('HardSwish', [convolved(first, [8, 1, 3, 3], { group: 8, pads: [1, 1, 1, 1] })])
      const third = g.op('Relu', [convolved(second, [6, 8, 1, 1])])
      const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [third])])
      g.output(g.op('Gemm', [pooled, g.constant(drawn(random, [6, 4], 2)), g.constant(drawn(random, [4], 1))]), 'y')
    },
    { opset },
  )
  inferTypes(model)
  return model
}

/** Noise to signal at the outputs, on samples that nobody has seen. */
async function noiseOf(original: Model, student: Model): Promise<number> {
  const places = [{ at: 'y', value: student.graph.outputs[0]! }]
  const request = { teacher: original, student, correspondence: new Correspondence(), places, data: unseen }
  return (await measureFidelity(request)).noise[0]!.nsr
}

async function renormalized(original: Model, student: Model, from: number): Promise<readonly string[]> {
  const renormalizer = await Renormalizer.open(original, data, {})
  try {
    const node = [...student.graph.nodes()].filter((each) => linearLayer(each) !== undefined)[from]!
    const fitted = [{ node, target: node.outputs[0]!.name }]
    const request = { teacher: original, student, correspondence: new Correspondence(), fitted, data, options: {} }
    return (await renormalizer.tune(request)).layers.map(({ target }) => target)
  } finally {
    renormalizer.close()
  }
}

describe('channels get the means and deviations that they have in the original', () => {
  test.each([
    ['any batch', 'n', 17, 1e-8],
    ['axes of a mean as an input', 'n', 18, 1e-8],
    // On the way statistics are those of single images.
    ['a batch of one', 1, 17, 1e-3],
  ] as const)('layers that were scaled and shifted are what they were: %s', async (_, batch, opset, limit) => {
    const original = teacher(batch, opset)
    const student = cloneModel(original)
    const patch = new Patch(student)
    for (const node of [...student.graph.nodes()].slice(0, 5)) {
      const layer = linearLayer(node)
      if (layer === undefined) continue
      const scales = Array.from({ length: layer.groups * layer.outputs }, () => 0.5 + random.uniform())
      layer.write(
        patch,
        Array.from({ length: layer.groups }, (_unused, group) =>
          layer.weights(group).map((value, at) => {
            const channel = group * layer.outputs + (at % layer.outputs)
            return value * scales[channel]! + (at >= layer.features * layer.outputs ? 0.3 * (channel % 3) : 0)
          }),
        ),
      )
    }
    expect(await noiseOf(original, student)).toBeGreaterThan(0.02)
    const targets = await renormalized(original, student, 0)
    expect(targets).toHaveLength(3)
    expect(await noiseOf(original, student)).toBeLessThan(limit)
  })

  test('an original is left as it is', async () => {
    const original = teacher('n', 17)
    const student = cloneModel(original)
    await renormalized(original, student, 0)
    expect(await noiseOf(original, student)).toBeLessThan(1e-10)
  })

  test('layers before the first rewritten one keep their weights', async () => {
    const original = teacher('n', 17)
    const targets = await renormalized(original, cloneModel(original), 1)
    expect(targets).toHaveLength(2)
  })

  test('of channels that are left it is the statistics of those that count', async () => {
    const original = teacher('n', 17)
    const group = [...original.graph.nodes()].find((node) => node.is('HardSwish'))!.outputs[0]!.name
    const noise = async (isRenormalized: boolean) => {
      const { model, correspondence, fitted } = applyRecipe(original, {
        recipeVersion: 1,
        decisions: [{ kind: 'width', group, size: 6 }],
      })
      const renormalizer = await Renormalizer.open(original, data, {})
      if (isRenormalized)
        await renormalizer.tune({ teacher: original, student: model, correspondence, fitted, data, options: {} })
      renormalizer.close()
      return noiseOf(original, model)
    }
    expect(await noise(true)).toBeLessThan(0.7 * (await noise(false)))
  })
})
