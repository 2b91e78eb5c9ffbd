import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bottleneck } from '../../test/architecture/bottleneck.js'
import type { DataSet } from '../accuracy/data-set.js'
import { top1 } from '../accuracy/metrics/top-k.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import type { Decision } from '../passes/architecture/decision.js'
import { findBlocks } from '../passes/architecture/find-blocks.js'
import { applyRecipe, shownValues } from '../passes/architecture/recipe.js'
import { SeededRandom } from '../runtime/random.js'
import { measureFidelity } from './fidelity.js'
import { FidelityCache } from './fidelity-cache.js'
import { FidelityTable, type FidelityTableSpec } from './fidelity-table.js'
import { stageProbe } from './probe.js'
import type { Tuner } from './tuner.js'

/** x [n, 4, 6, 6] -> inverted bottleneck -> scores of 5 classes. */
const classifier = (): Model => {
  const model = buildModel(
    (g) => {
      const x = g.input('x', 'float32', ['n', 4, 6, 6])
      const features = bottleneck(g, x, { in: 4, middle: 16, out: 4, residual: true, activation: 'Relu' })
      const random = new SeededRandom(9)
      const weights = g.constant(
        Tensor.float32(
          Array.from({ length: 20 }, () => random.uniform() - 0.5),
          [4, 5],
        ),
      )
      g.output(g.op('Gemm', [g.op('Flatten', [g.op('GlobalAveragePool', [features])]), weights]), 'scores')
    },
    { opset: 17 },
  )
  inferTypes(model)
  return model
}

const samples = (count: number, seed: number): DataSet => {
  const random = new SeededRandom(seed)
  const values = Float32Array.from({ length: count * 144 }, () => 4 * random.uniform() - 2)
  return {
    source: 'generated',
    count,
    batch: async (wanted) => {
      const numbers = wanted.flatMap((sample) => [...values.subarray(sample * 144, (sample + 1) * 144)])
      return new Map([['x', Tensor.float32(numbers, [wanted.length, 4, 6, 6])]])
    },
    labels: { kind: 'classes', classes: Int32Array.from({ length: count }, (_, i) => i % 5) },
    digests: async () => Array.from({ length: count }, (_, i) => `${seed}-${i}`),
  }
}

const measured = async (decision: Decision, data = samples(7, 1)) => {
  const teacher = classifier()
  const result = applyRecipe(teacher, { recipeVersion: 1, decisions: [decision] })
  const places = shownValues(result, result.decisions[0]!)
  return measureFidelity({
    teacher,
    student: result.model,
    correspondence: result.correspondence,
    places,
    data,
    metric: top1,
  })
}

describe('fidelity', () => {
  test('outputs are compared with those of the reference, values with those of the teacher', async () => {
    const teacher = classifier()
    const group = findBlocks(teacher)[0]!.depthwise.output.name
    const result = applyRecipe(teacher, { recipeVersion: 1, decisions: [{ kind: 'width', group, size: 24 }] })
    const places = shownValues(result, result.decisions[0]!)
    const { model: student, correspondence } = result
    const of = (data: DataSet) =>
      measureFidelity({
        teacher,
        student,
        correspondence,
        places,
        data: samples(7, 1),
        reference: { model: teacher, data },
      })
    const [same, other] = [await of(samples(7, 1)), await of(samples(7, 2))]
    expect(same.cosine).toBeGreaterThan(1 - 1e-6)
    expect(other.cosine).toBeLessThan(1 - 1e-3)
    expect(other.noise).toEqual(same.noise)
    expect(other.noise[0]!.nsr).toBeLessThan(1e-10)
  })

  test('a change that keeps the function has none but rounding noise', async () => {
    const group = findBlocks(classifier())[0]!.depthwise.output.name
    const found = await measured({ kind: 'width', group, size: 24 })
    expect(found.noise).toHaveLength(1)
    expect(found.noise[0]!.nsr).toBeLessThan(1e-10)
    expect(found.cosine).toBeGreaterThan(1 - 1e-6)
    expect(found.kl).toBeLessThan(1e-6)
    expect(found.metric).toMatchObject({ name: 'top-1' })
    expect(found.metric!.after).toBe(found.metric!.before)
    expect(found.samples).toBe(7)
  })

  test('more is lost the more goes', async () => {
    const group = findBlocks(classifier())[0]!.depthwise.output.name
    const noiseAt = async (size: number) => (await measured({ kind: 'width', group, size })).noise[0]!.nsr
    const [some, most] = [await noiseAt(12), await noiseAt(2)]
    expect(some).toBeGreaterThan(0)
    expect(most).toBeGreaterThan(some)
  })

  test('a block that is skipped is held against its output', async () => {
    const { noise, cosine } = await measured({ kind: 'block', block: 0, alternative: 'skip' })
    expect(noise[0]!.at).toBe(findBlocks(classifier())[0]!.output.name)
    expect(noise[0]!.nsr).toBeGreaterThan(0)
    expect(cosine).toBeLessThan(1)
  })

  test('a probe gives the values asked for and leaves the model alone', async () => {
    const model = classifier()
    const count = model.graph.outputs.length
    const probe = await stageProbe(model, [findBlocks(model)[0]!.output.name, 'scores', 'x'])
    expect(probe.model.graph.outputs.map(({ name }) => name)).toHaveLength(3)
    expect(probe.outputs).toEqual(['scores'])
    expect(model.graph.outputs).toHaveLength(count)
    await probe.discard()
    await expect(stageProbe(model, ['nowhere'])).rejects.toThrow(/no value "nowhere"/)
  })
})

describe('the table of fidelities', () => {
  const setUp = (folder: string, part: Partial<FidelityTableSpec> = {}) => {
    const teacher = classifier()
    let calls = 0
    const tune: Tuner = async ({ fitted, data }) => {
      expect(data.source).toBe('generated')
      expect(fitted).toHaveLength(1)
      calls += 1
      return { layers: [] }
    }
    const table = new FidelityTable({
      teacher,
      calibration: samples(3, 2),
      heldOut: samples(5, 3),
      metric: top1,
      tuner: { name: 'counting', version: 1, tune },
      cache: new FidelityCache(folder),
      key: 'model and data',
      options: {},
      ...part,
    })
    const of = (decision: Decision) => table.of(applyRecipe(teacher, { recipeVersion: 1, decisions: [decision] }))
    return { of, calls: () => calls, tune }
  }
  const fused: Decision = { kind: 'block', block: 0, alternative: 'fused' }
  const narrow: Decision = { kind: 'block', block: 0, alternative: 'grouped' }

  test('measures once, over runs of the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fidelity-'))
    const first = setUp(folder)
    const found = await first.of(fused)
    expect(await first.of(fused)).toEqual(found)
    await first.of(narrow)
    expect(first.calls()).toBe(2)
    const second = setUp(folder)
    expect(await second.of(fused)).toEqual(found)
    expect(second.calls()).toBe(0)
    // Nothing but whole files.
    expect(readdirSync(join(folder, 'fidelity')).every((name) => /^[0-9a-f]{64}\.json$/.test(name))).toBe(true)
  })

  test.each<[string, (tune: Tuner) => Partial<FidelityTableSpec>]>([
    ['another model or other samples', () => ({ key: 'others' })],
    ['another version of the tuner', (tune) => ({ tuner: { name: 'counting', version: 2, tune } })],
    ['another metric', () => ({ metric: undefined })],
  ])('%s: measured anew', async (_, change) => {
    const folder = mkdtempSync(join(tmpdir(), 'fidelity-'))
    const first = setUp(folder)
    await first.of(fused)
    const second = setUp(folder, change(first.tune))
    await second.of(fused)
    expect(readdirSync(join(folder, 'fidelity'))).toHaveLength(2)
  })

  test('a file that is cut short counts as absent', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fidelity-'))
    const { of, calls } = setUp(folder)
    const found = await of(fused)
    const [name] = readdirSync(join(folder, 'fidelity'))
    writeFileSync(join(folder, 'fidelity', name!), '{"key":"')
    expect(await of(fused)).toEqual(found)
    expect(calls()).toBe(2)
  })

  test('a folder that cannot be made is named', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'fidelity-')), 'file')
    writeFileSync(file, '')
    await expect(setUp(file).of(fused)).rejects.toMatchObject({
      code: 'write-failed',
      remedy: expect.stringContaining('--cache'),
    })
  })
})
