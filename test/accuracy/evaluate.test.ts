import { describe, expect, test } from 'vitest'
import { compareModels } from '../../src/accuracy/compare-models.js'
import type { DataSet } from '../../src/accuracy/data-set.js'
import { type EvaluatedModel, evaluate } from '../../src/accuracy/evaluate.js'
import { metricsFor } from '../../src/accuracy/metrics/index.js'
import { modelOutputs, type RunOptions } from '../../src/accuracy/model-outputs.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import { toProto } from '../../src/export/to-proto.js'
import { buildModel, type GraphBuilder } from '../../src/ir/build.js'
import { Tensor } from '../../src/ir/tensor.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { npyFile } from './on-disk.js'

/** Scores [n, 4] = x [n, 4] times factors; batches as told. */
const scaled = (factors: readonly number[], batch: number | string = 'n') =>
  buildModel((g) =>
    g.output(g.op('Mul', [g.input('x', 'float32', [batch, 4]), g.constant(Tensor.float32(factors))]), 'y'),
  )

const count = 10
const values = Float32Array.from({ length: 4 * count }, (_, i) => Math.sin(i * 3.7))
const labels = Int32Array.from({ length: count }, (_, n) => {
  const row = [...values.subarray(4 * n, 4 * n + 4)]
  return row.indexOf(Math.max(...row))
})
const data = npyFile(values, count, 4)
const truth = npyFile(labels, count)

const evaluated = async (model: ReturnType<typeof scaled>, withLabels = true): Promise<EvaluatedModel> => ({
  source: { bytes: Buffer.concat(encodeModel(toProto(model))) },
  model,
  data: await openDataSet({ data, model, ...(withLabels && { labels: truth }) }),
})

/** How many samples each call of `batch` asked for. */
function counted(set: DataSet): { readonly set: DataSet; readonly sizes: number[] } {
  const sizes: number[] = []
  return {
    sizes,
    set: {
      ...set,
      batch: (samples) => {
        sizes.push(samples.length)
        return set.batch(samples)
      },
    },
  }
}

const answers = async ({ source, model, data: set }: EvaluatedModel, options: RunOptions = {}) => {
  const found: [number, number[], number[]][] = []
  for await (const { sample, outputs } of modelOutputs(source, model, set, options)) {
    const y = outputs.get('y')!
    found.push([sample, [...y.dims], [...(y.numbers() as Float32Array)]])
  }
  return found
}

const expected = Array.from({ length: count }, (_, n) => [n, [1, 4], [...values.subarray(4 * n, 4 * n + 4)]])

describe('outputs, sample by sample', () => {
  test.each<[string, number | string, number[]]>([
    ['an open batch: one alone, then all that fit', 'n', [1, 9]],
    ['a batch of one', 1, new Array<number>(10).fill(1)],
    ['a batch of four: the last one filled up', 4, [4, 4, 4]],
  ])('%s', async (_, batch, expectedSizes) => {
    const run = await evaluated(scaled([1, 1, 1, 1], batch))
    const { set, sizes } = counted(run.data)
    expect(await answers({ ...run, data: set })).toEqual(expected)
    expect(sizes).toEqual(expectedSizes)
  })

  test('a limit of the data set, some samples, another order', async () => {
    const run = await evaluated(scaled([1, 1, 1, 1]))
    const { set, sizes } = counted({ ...run.data, batchLimit: 3 })
    const samples = [7, 2, 2, 9, 0, 4]
    expect(await answers({ ...run, data: set }, { samples })).toEqual(samples.map((sample) => expected[sample]))
    expect(sizes).toEqual([1, 3, 2])
  })

  const build = (last: (g: GraphBuilder, x: ReturnType<GraphBuilder['input']>) => void) =>
    buildModel((g) => last(g, g.input('x', 'float32', ['n', 4])))
  test('outputs whose first axis is no batch are answered one by one', async () => {
    // [n, 4] -> [4, n]: of one sample [4, 1].
    const turned = build((g, x) => g.output(g.op('Transpose', [x], { perm: [1, 0] }), 'y'))
    const found = await answers(await evaluated(turned))
    expect(found.map(([sample, dims]) => [sample, dims])).toEqual(Array.from({ length: count }, (_, n) => [n, [4, 1]]))
    // The sum over the batch looks like a batch of one, until there are more.
    const summed = build((g, x) =>
      g.output(g.op('ReduceSum', [x, g.constant(Tensor.int64([0]))], { keepdims: 1 }), 'y'),
    )
    expect(await answers(await evaluated(summed))).toEqual(expected)
  })

  test('what onnxruntime says is passed on, with the file', async () => {
    const run = await evaluated(scaled([1, 1, 1, 1]))
    const broken = { ...run.data, batch: async () => new Map([['x', Tensor.float32([1, 2], [1, 2])]]) }
    await expect(answers({ ...run, data: broken })).rejects.toThrow(/onnxruntime fails on .*x\.npy: /)
    await expect(answers({ ...run, source: { bytes: Buffer.from('x') } })).rejects.toThrow(/does not take the model/)
  })
})

describe('scores', () => {
  test('one run, several metrics, progress', async () => {
    const run = await evaluated(scaled([1, 1, 1, -1]))
    const seen: number[] = []
    const scores = await evaluate(run.source, run.model, run.data, {
      metrics: metricsFor(run.data.labels),
      onProgress: (done) => seen.push(done),
    })
    // top-5 of four classes says nothing: it is left out.
    expect(scores.map(({ metric, samples }) => [metric.id, samples])).toEqual([['top-1', count]])
    const right = labels.filter((label, n) => {
      const row = [...values.subarray(4 * n, 4 * n + 4)].map((value, i) => (i === 3 ? -value : value))
      return row.indexOf(Math.max(...row)) === label
    }).length
    expect(scores[0]!.value).toBe(right / count)
    expect(seen).toEqual([1, 10])
  })

  test('two models by their labels, and without by each other', async () => {
    const [good, worse] = await Promise.all(
      [scaled([1, 1, 1, 1]), scaled([1, 1, 1, -1], 4)].map((model) => evaluated(model)),
    )
    const found = await compareModels(good!, worse!, { maxDrop: 0.1 })
    expect(found).toMatchObject({ metric: 'top-1', before: 1, samples: count, gate: { verdict: 'failed' } })
    expect(found.drop).toBeCloseTo(1 - found.after, 12)
    const { data: first, ...rest } = good!
    const unlabelled = { ...rest, data: { ...first, labels: undefined } }
    const agreement = await compareModels(unlabelled, worse!, {})
    expect(agreement).toMatchObject({ metric: 'agreement', before: 1, after: found.after, gate: { verdict: 'none' } })
    expect(agreement.others.map(({ metric }) => metric)).toEqual(['cosine', 'sqnr', 'kl', 'expected-drop'])
    const itself = await compareModels(unlabelled, unlabelled, { metric: 'cosine', maxDrop: 0 })
    expect(itself).toMatchObject({ gate: { verdict: 'passed' } })
  })

  test('no class scores without labels: cosine decides', async () => {
    const map = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', 4])
      g.output(g.op('Reshape', [x, g.constant(Tensor.int64([-1, 2, 2]))]), 'y')
    })
    const run = await evaluated(map, false)
    expect((await compareModels(run, run)).metric).toBe('cosine')
  })

  test('an interruption ends it', async () => {
    const run = await evaluated(scaled([1, 1, 1, 1], 1))
    const controller = new AbortController()
    const stopped = evaluate(run.source, run.model, run.data, {
      metrics: metricsFor(run.data.labels),
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
  })
})
