import { describe, expect, test } from 'vitest'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor, volume } from '../ir/tensor.js'
import { channelGroups, groupOf } from '../passes/architecture/channel-groups.js'
import { Correspondence } from '../passes/architecture/correspondence.js'
import type { Decision } from '../passes/architecture/decision.js'
import { type ChannelScorer, rankedUnits, weightScores } from '../passes/architecture/importance.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { gatherMoments, type MomentTable } from './channel-moments.js'
import { activationEnergy, missingShare, refitError } from './channel-scores.js'
import { measureFidelity } from './fidelity.js'

const random = new SeededRandom(5)
const draw = (dims: readonly number[], scale = 1) =>
  Tensor.float32(
    Array.from({ length: volume(dims) }, () => (random.uniform() - 0.5) * scale),
    dims,
  )

const inputDims = [4, 6, 6]

function samples(count: number): DataSet {
  const images = Array.from({ length: count }, () => draw(inputDims, 4).array() as Float32Array)
  return {
    source: 'noise',
    count,
    batch: async (chosen) => {
      const values = Float32Array.from(chosen.flatMap((sample) => [...images[sample]!]))
      return new Map([['x', Tensor.fromArray('float32', [chosen.length, ...inputDims], values)]])
    },
    digests: async () => images.map((_, i) => String(i)),
  }
}

/** [6, 4, 1, 1]; channel 5 is twice channel 0. */
const makers = (() => {
  const weights = draw([6, 4, 1, 1], 2)
  const values = Float32Array.from(weights.numbers())
  for (let i = 0; i < 4; i++) values[20 + i] = 2 * values[i]!
  return Tensor.fromArray('float32', weights.dims, values)
})()

/** Six channels `wide` behind an activation, read by a convolution. */
function twoLayers(reader: Tensor): Model {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', ['n', ...inputDims])
    const wide = g.op('Relu', [g.op('Conv', [x, g.constant(makers)])])
    wide.name = 'wide'
    g.output(g.op('Conv', [wide, g.constant(reader)]), 'y')
  })
  inferTypes(model)
  return model
}

const width = (size: number): Decision => ({ kind: 'width', group: 'wide', size })
const narrowed = (original: Model, scores: ChannelScorer, ...decisions: Decision[]) =>
  applyRecipe(original, { recipeVersion: 1, decisions }, { scores })

/** Channels of the original that are left. */
function leftOf({ model, correspondence }: ReturnType<typeof applyRecipe>): number[] {
  const wide = [...model.graph.nodes()].find((node) => node.is('Relu'))!.outputs[0]!
  return [...(correspondence.of(wide)?.positions.get(1) ?? [])]
}

const keeping =
  (gone: number): ChannelScorer =>
  () =>
  ({ units }) =>
    Float64Array.from({ length: units }, (_, unit) => (unit === gone ? 0 : 1))

describe('scores from calibration data', () => {
  test('missing: the channel that goes is the one without which the reader errs least', async () => {
    const data = samples(12)
    // Large where activations are small and the other way round: neither weights nor energy tell.
    const reader = Tensor.float32(
      Array.from({ length: 18 }, (_, i) => ((i % 6) + 1) * (random.uniform() - 0.5)),
      [3, 6, 1, 1],
    )
    const original = twoLayers(reader)
    const errorOf = async (scores: ChannelScorer) => {
      const { model, correspondence } = narrowed(original, scores, width(5))
      const places = [{ at: 'y', value: model.graph.outputs[0]! }]
      const request = { teacher: original, student: model, correspondence, places, data }
      return (await measureFidelity(request)).noise[0]!.nsr
    }
    const errors: number[] = []
    for (let gone = 0; gone < 6; gone++) errors.push(await errorOf(keeping(gone)))
    const found = await errorOf(missingShare(await gatherMoments(original, data)))
    expect(found).toBeCloseTo(Math.min(...errors), 6)
    expect(new Set(errors).size).toBe(6)
  })

  test('refit: what others can stand in for goes first, however much it carries', async () => {
    const reader = Tensor.float32(
      Array.from({ length: 18 }, (_, i) => (i % 6 === 0 || i % 6 === 5 ? 5 : 1) * (0.6 + random.uniform())),
      [3, 6, 1, 1],
    )
    const original = twoLayers(reader)
    const table = await gatherMoments(original, samples(40))
    const left = leftOf(narrowed(original, refitError(table, 1e-3), width(5)))
    expect([0, 5].filter((channel) => !left.includes(channel))).toHaveLength(1)
    expect(leftOf(narrowed(original, missingShare(table), width(4)))).toEqual(expect.arrayContaining([0, 5]))
  })

  test('energy: mean squares where channels are read', async () => {
    const original = twoLayers(draw([3, 6, 1, 1]))
    const table = await gatherMoments(original, samples(8))
    const { second } = table.of('wide', 1)!
    const squares = Float64Array.from({ length: 6 }, (_, c) => second[7 * c]!)
    const group = groupOf(channelGroups(original), 'wide')!
    const scores = activationEnergy(table)(new Correspondence())(group)
    expect([...rankedUnits(scores)]).toEqual([...rankedUnits(squares)])
  })

  test('channels are still known after some went', async () => {
    const original = twoLayers(draw([3, 6, 1, 1]))
    const energy = activationEnergy(await gatherMoments(original, samples(8)))
    for (const [first, last] of [
      [5, 3],
      [4, 2],
      [3, 1],
    ] as const) {
      const twice = leftOf(narrowed(original, energy, width(first), width(last)))
      expect(twice).toHaveLength(last)
      expect(twice).toEqual(leftOf(narrowed(original, energy, width(last))))
    }
  })

  test('a reader that a rewrite made is scored on what it reads', async () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', ...inputDims])
      const wide = g.op('Relu', [g.op('Conv', [x, g.constant(makers)])])
      wide.name = 'wide'
      const depthwise = g.node('Conv', [wide, g.constant(draw([6, 1, 3, 3]))], { group: 6, pads: [1, 1, 1, 1] })
      depthwise.name = 'depthwise'
      g.output(g.op('Conv', [g.op('Relu', depthwise.outputs), g.constant(draw([3, 6, 1, 1]))]), 'y')
    })
    inferTypes(model)
    const table = await gatherMoments(model, samples(8))
    const asked = new Set<string>()
    const watched: MomentTable = {
      of: (value, axis) => {
        const moments = table.of(value, axis)
        if (moments !== undefined) asked.add(value)
        return moments
      },
    }
    const standard: Decision = { kind: 'block', block: 'depthwise', alternative: 'standard' }
    narrowed(model, missingShare(watched), standard, width(4))
    expect(asked).toContain('wide')
  })

  test('channels that no linear layer reads go by their weights', async () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', ...inputDims])
      const wide = g.op('Conv', [x, g.constant(makers)])
      g.output(g.op('ReduceSum', [wide, g.constant(Tensor.int64([1]))]), 'y')
    })
    inferTypes(model)
    const group = channelGroups(model).find(({ pinned }) => pinned === undefined)!
    for (const scores of [missingShare, refitError, activationEnergy])
      expect(scores(await gatherMoments(model, samples(2)))(new Correspondence())(group)).toEqual(weightScores(group))
  })
})
