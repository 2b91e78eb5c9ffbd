import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { noiseFactor, randomTarget, visibleLanes } from '../../bench/random-targets.mjs'
import { describeWithShared } from '../../test/shared-assets.js'
import { convolutionShape } from '../hw/convolution-shape.js'
import { kernelCost, millisecondsOf } from '../hw/cycles/index.js'
import type { KernelShape } from '../hw/shape.js'
import { type ArrayTarget, loadTarget } from '../hw/target.js'
import { SeededRandom } from '../runtime/random.js'
import { findParallelism } from './parallelism.js'
import { stepProbes } from './step-probes.js'

/** A table as measured on the target, with noise of that relative size. */
function tableOf(target: ArrayTarget, count: number, seed: number, noise: number) {
  const random = new SeededRandom(seed)
  return stepProbes(count, seed, 'int8').map((shape) => ({
    ...shape,
    latencyMs: millisecondsOf(kernelCost(shape, target).cycles, target) * noiseFactor(random, noise),
  }))
}

const drawn = (seed: number, base: string) => randomTarget(new SeededRandom(seed), loadTarget(base)) as ArrayTarget

describe('lanes from latencies', () => {
  test.each<[string, number, number]>([
    ['neural-engine', 1, 0],
    ['neural-engine', 2, 0.01],
    ['neural-engine', 3, 0.02],
    ['systolic-16x16-ws', 6, 0.015],
    ['systolic-16x16-os', 7, 0.015],
    ['systolic-16x16-is', 8, 0.015],
  ])(
    'of a target drawn like %s with seed %i, noise %f: exactly',
    (base, seed, noise) => {
      const target = drawn(seed, base)
      expect(findParallelism(tableOf(target, 2000, 100 + seed, noise))).toEqual(visibleLanes(target))
    },
    120_000,
  )

  test.each<[number, number]>([
    [24, 40],
    [16, 64],
    [7, 100],
  ])(
    '%i x %i, no powers of two needed',
    (inputLanes, outputLanes) => {
      const engine = loadTarget('neural-engine')
      if (engine.kind !== 'dot-product-array') throw new Error('neural-engine is a dot-product array')
      const target: ArrayTarget = { ...engine, array: { inputLanes, outputLanes, depthwiseChannels: 16 } }
      expect(findParallelism(tableOf(target, 2000, 9, 0.01))).toEqual({ input: inputLanes, output: outputLanes })
    },
    120_000,
  )
})

describe('tables without steps', () => {
  const smooth = (shape: KernelShape) => 0.01 + shape.macs * 2e-8 + (shape.inputBytes + shape.outputBytes) * 1e-7

  test('latency that grows with every channel has none', () => {
    const random = new SeededRandom(3)
    const rows = stepProbes(1500, 3, 'float32').map((shape) => ({
      ...shape,
      latencyMs: smooth(shape) * noiseFactor(random, 0.02),
    }))
    expect(findParallelism(rows)).toBeUndefined()
  }, 120_000)

  test('noise of half an order has none', () => {
    const random = new SeededRandom(4)
    const rows = stepProbes(1500, 4, 'int8').map((shape) => ({
      ...shape,
      latencyMs: smooth(shape) * noiseFactor(random, 0.8),
    }))
    expect(findParallelism(rows)).toBeUndefined()
  }, 120_000)

  test('too few dense kernels tell nothing', () => {
    const depthwise = convolutionShape({ inChannels: 32, outChannels: 32, groups: 32, size: 8, kernel: 3 })
    expect(findParallelism([])).toBeUndefined()
    expect(findParallelism(Array.from({ length: 500 }, () => ({ ...depthwise, latencyMs: 1 })))).toBeUndefined()
  })
})

describeWithShared('a GPU', (assets) => {
  test('picks tiles from shape to shape: no lanes', () => {
    const text = gunzipSync(readFileSync(assets.file('measurements', 'v100', 'train.csv.gz'))).toString()
    const rows: (KernelShape & { latencyMs: number })[] = []
    for (const line of text.trim().split('\n').slice(1)) {
      const [precision, kind, batch, cin, h, , cout, kernel, stride, fused, latency] = line.split(',')
      if (precision !== 'fp16' || kind !== 'regular' || fused !== '0') continue
      const sizes = { inChannels: Number(cin), outChannels: Number(cout), size: Number(h), kernel: Number(kernel) }
      const shape = convolutionShape({ ...sizes, stride: Number(stride), batch: Number(batch), precision: 'float16' })
      rows.push({ ...shape, latencyMs: Number(latency) })
    }
    expect(rows.length).toBeGreaterThan(10_000)
    expect(findParallelism(rows)).toBeUndefined()
  }, 120_000)
})
