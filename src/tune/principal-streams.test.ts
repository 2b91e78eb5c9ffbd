import { describe, expect, test } from 'vitest'
import { dataSetOf, drawn, waves } from '../../test/tune/samples.js'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel } from '../ir/build.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Correspondence } from '../passes/architecture/correspondence.js'
import { linearStreams } from '../passes/architecture/linear-stream.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { gatherMoments } from './channel-moments.js'
import { activationEnergy } from './channel-scores.js'
import { measureFidelity } from './fidelity.js'
import { principalStreams } from './principal-streams.js'
import { sideBySide } from './side-by-side.js'

const random = new SeededRandom(53)
const [channels, side] = [8, 6]
const samples = (count: number): DataSet =>
  dataSetOf(Array.from({ length: count }, () => ({ x: waves(random, [3, side, side]) })))

/** Two residual blocks on a stream that a 3x3 convolution with pads reads in the end. */
function residualNet(): Model {
  const model = buildModel((g) => {
    const draw = (...dims: number[]) => g.constant(drawn(random, dims, 1.5))
    const pads = [1, 1, 1, 1]
    let stream = g.op(
      'Conv',
      [g.input('x', 'float32', ['n', 3, side, side]), draw(channels, 3, 3, 3), draw(channels)],
      { pads },
    )
    for (let block = 0; block < 2; block++) {
      const wide = g.op('Relu', [g.op('Conv', [stream, draw(12, channels, 1, 1), draw(12)])])
      stream = g.op('Add', [stream, g.op('Conv', [wide, draw(channels, 12, 1, 1), draw(channels)])])
    }
    stream.name = 'stream'
    g.output(g.op('Relu', [g.op('Conv', [stream, draw(5, channels, 3, 3)], { pads })]), 'y')
  })
  inferTypes(model)
  return model
}

/** E[x x'] over positions and samples, [channels, channels]. */
async function secondMoments(model: Model, name: string, data: DataSet): Promise<Float64Array> {
  const sums = new Float64Array(channels * channels)
  const probed = { model, values: [name], data }
  for await (const [found] of sideBySide(probed, probed, {})) {
    const values = found.outputs.get(name)!.numbers()
    const positions = values.length / channels
    for (let i = 0; i < channels; i++)
      for (let j = 0; j < channels; j++)
        for (let p = 0; p < positions; p++)
          sums[i * channels + j]! += values[i * positions + p]! * values[j * positions + p]!
  }
  return sums
}

async function noiseOf(teacher: Model, student: Model, value: Value, correspondence: Correspondence, data: DataSet) {
  const request = { teacher, student, correspondence, places: [{ at: 'y', value }], data }
  return (await measureFidelity(request)).noise[0]!.nsr
}

describe('principal components of linear streams', () => {
  test('the function stays the same, and so does the given model', async () => {
    const original = residualNet()
    const before = [...original.graph.initializers].map(({ tensor }) => tensor)
    const turned = await principalStreams(original, samples(8), {})
    expect([...original.graph.initializers].map(({ tensor }) => tensor)).toEqual(before)
    const noise = await noiseOf(original, turned, turned.graph.outputs[0]!, new Correspondence(), samples(6))
    expect(noise).toBeLessThan(1e-9)
    const weights = (model: Model) => Array.from(linearStreams(model)[0]!.writers[0]!.inputs[1]!.tensor!.numbers())
    expect(weights(turned)).not.toEqual(weights(original))
  })

  test('components of a stream with one reader come sorted and without correlation', async () => {
    const model = buildModel((g) => {
      const draw = (...dims: number[]) => g.constant(drawn(random, dims, 1.5))
      const stream = g.op('Conv', [
        g.input('x', 'float32', ['n', 3, side, side]),
        draw(channels, 3, 2, 2),
        draw(channels),
      ])
      stream.name = 'stream'
      g.output(g.op('Conv', [stream, draw(5, channels, 3, 3)]), 'y')
    })
    inferTypes(model)
    const data = samples(20)
    const turned = await principalStreams(model, data, {})
    const moments = await secondMoments(turned, 'stream', data)
    const energies = Array.from({ length: channels }, (_, c) => moments[c * (channels + 1)]!)
    expect(energies).toEqual([...energies].sort((a, b) => b - a))
    for (let i = 0; i < channels; i++)
      for (let j = 0; j < i; j++) expect(Math.abs(moments[i * channels + j]!)).toBeLessThan(1e-3 * energies[0]!)
    const before = await secondMoments(model, 'stream', data)
    expect(Math.abs(before[1]!)).toBeGreaterThan(1e-3 * before[0]!)
  })

  test('a stream that is narrowed afterwards loses less', async () => {
    const held = samples(10)
    const narrowed = async (original: Model, teacher: Model) => {
      const scores = activationEnergy(await gatherMoments(original, samples(12)))
      const recipe = { recipeVersion: 1, decisions: [{ kind: 'width', group: 'stream', size: 5 }] } as const
      const { model, correspondence } = applyRecipe(original, recipe, { scores })
      return noiseOf(teacher, model, model.graph.outputs[0]!, correspondence, held)
    }
    for (let net = 0; net < 2; net++) {
      const original = residualNet()
      const turned = await principalStreams(original, samples(12), {})
      const [after, without] = [await narrowed(turned, original), await narrowed(original, original)]
      expect(after).toBeLessThan(without)
    }
  })

  test('a model without such streams is a copy', async () => {
    const model = buildModel((g) => {
      const stream = g.op('Conv', [
        g.input('x', 'float32', ['n', 3, side, side]),
        g.constant(drawn(random, [4, 3, 1, 1])),
      ])
      g.output(g.op('Relu', [stream]), 'y')
    })
    inferTypes(model)
    const copy = await principalStreams(model, samples(1), {})
    expect(copy).not.toBe(model)
    expect([...copy.graph.initializers].map(({ tensor }) => tensor)).toEqual(
      [...model.graph.initializers].map(({ tensor }) => tensor),
    )
  })
})
