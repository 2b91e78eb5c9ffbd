import { expect, test } from 'vitest'
import { dataSetOf, drawn } from '../../test/tune/samples.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { gatherMoments, type MomentTable } from './channel-moments.js'
import { measureFidelity } from './fidelity.js'
import { handOverBy } from './hand-over.js'

const random = new SeededRandom(3)
const data = dataSetOf(Array.from({ length: 40 }, () => ({ x: drawn(random, [1, 4, 7, 7], 2) })))
const unseen = dataSetOf(Array.from({ length: 20 }, () => ({ x: drawn(random, [1, 4, 7, 7], 2) })))

/** [6, 4, 1, 1] and biases: channel 5 is 0.2 times channel 0 less 0.1 times channel 1, and 0.7. */
function makers(): readonly [Tensor, Tensor] {
  const [weights, biases] = [drawn(random, [6, 4, 1, 1], 2), drawn(random, [6], 1)].map(
    (tensor) => tensor.array() as Float32Array,
  ) as [Float32Array, Float32Array]
  for (let i = 0; i < 4; i++) weights[20 + i] = 0.2 * weights[i]! - 0.1 * weights[4 + i]!
  biases[5] = 0.2 * biases[0]! - 0.1 * biases[1]! + 0.7
  return [Tensor.fromArray('float32', [6, 4, 1, 1], weights), Tensor.fromArray('float32', [6], biases)]
}

/** Six linear channels, read by a convolution of so many taps, or pooled and read by a Gemm. */
function twoLayers(reader: '1x1' | '3x3' | 'Gemm' | 'without a bias'): Model {
  const model = buildModel((g) => {
    const wide = g.op('Conv', [g.input('x', 'float32', ['n', 4, 7, 7]), ...makers().map((each) => g.constant(each))])
    wide.name = 'wide'
    const bias = g.constant(drawn(random, [5], 1))
    if (reader === 'Gemm') {
      const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [wide])])
      g.output(g.op('Gemm', [pooled, g.constant(drawn(random, [5, 6], 2)), bias], { transB: 1 }), 'y')
    } else {
      const taps = reader === '3x3' ? 3 : 1
      const weights = g.constant(drawn(random, [5, 6, taps, taps], 2))
      g.output(g.op('Conv', reader === 'without a bias' ? [wide, weights] : [wide, weights, bias]), 'y')
    }
  })
  inferTypes(model)
  return model
}

async function noiseOf(original: Model, moments: MomentTable | undefined): Promise<number> {
  const result = applyRecipe(
    original,
    { recipeVersion: 1, decisions: [{ kind: 'width', group: 'wide', size: 5 }] },
    { scores: () => () => Float64Array.of(6, 5, 4, 3, 2, 1), ...(moments && { handOver: handOverBy(moments) }) },
  )
  const { model: student, correspondence } = result
  const places = [{ at: 'y', value: student.graph.outputs[0]! }]
  return (await measureFidelity({ teacher: original, student, correspondence, places, data: unseen })).noise[0]!.nsr
}

test.each(['1x1', '3x3', 'Gemm', 'without a bias'] as const)(
  'what others tell of a channel that goes is handed over: nothing is lost where that is all of it (%s)',
  async (reader) => {
    const original = twoLayers(reader)
    const without = await noiseOf(original, undefined)
    const handed = await noiseOf(original, await gatherMoments(original, data))
    expect(without).toBeGreaterThan(0.01)
    expect(handed).toBeLessThan(1e-3 * without)
  },
)

test('a reader of which nothing is known keeps its weights', async () => {
  const original = twoLayers('1x1')
  expect(await noiseOf(original, { of: () => undefined })).toBe(await noiseOf(original, undefined))
})
