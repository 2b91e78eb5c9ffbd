import { describe, expect, test } from 'vitest'
import type { Metrics } from '../estimator/metrics.js'
import { type ComparedTarget, figuresOf, type ModelFigures, rankTargets } from './comparison.js'
import { terminalComparison } from './comparison-view.js'
import { colorsFor } from './terminal.js'

const kernel = (latencyMs: number, utilisation: number, unit: 'array' | 'host', bound: 'compute' | 'memory') => ({
  name: 'k',
  kind: 'convolution' as const,
  nodes: [],
  origins: [],
  latencyMs,
  latencyMsInterval: [latencyMs, latencyMs] as const,
  macs: 0,
  weightBytes: 0,
  movedBytes: 0,
  dramBytes: 0,
  macsPerDramByte: null,
  macsPerSecond: 0,
  unit,
  bound,
  utilisation,
})

const metrics = (kernels: Metrics['kernels'], latencyMs: number, energyMj = 1): Metrics =>
  ({
    latencyMs,
    energyMj,
    macs: 1000,
    parameters: 10,
    dramBytes: 5,
    peakActivationBytes: 7,
    assumptions: [],
    kernels,
  }) as unknown as Metrics

const figures = (latencyMs: number, energyMj: number): ModelFigures =>
  figuresOf(metrics([kernel(latencyMs, 0.5, 'array', 'compute')], latencyMs, energyMj))

const area = (macEquivalents: number) => ({ macs: macEquivalents, sramBytes: 0, macEquivalents })
const chip = (name: string, size: number | null): ComparedTarget => ({
  name,
  kind: size === null ? 'measured' : 'dot-product-array',
  area: size === null ? null : area(size),
})

describe('figures of one model', () => {
  test('utilisation and shares are weighted by time', () => {
    const found = figuresOf(metrics([kernel(3, 0.8, 'array', 'compute'), kernel(1, 0, 'host', 'memory')], 4))
    expect(found.utilisation).toBeCloseTo(0.6, 12)
    expect(found.hostKernels).toBe(1)
    expect(found.hostShare).toBeCloseTo(0.25, 12)
    expect(found.boundShares).toEqual({ compute: 0.75, memory: 0.25, overhead: 0 })
  })

  test('a target that does not say what runs a kernel tells no utilisation', () => {
    const { unit: _, ...untold } = kernel(1, 0, 'array', 'compute')
    expect(figuresOf(metrics([untold], 1)).utilisation).toBeNull()
  })
})

describe('ranking', () => {
  const models = [
    { file: 'a', results: [figures(2, 1), figures(1, 4)] },
    { file: 'b', results: [figures(8, 1), figures(1, 1)] },
  ]

  test('geometric means over the best, model by model; fastest first', () => {
    const ranking = rankTargets([chip('small', 100), chip('large', 1000)], models)
    expect(ranking.map(({ name }) => name)).toEqual(['large', 'small'])
    // Latency: 2 and 8 times the best; energy: 4 and 1 times.
    expect(ranking[1]!.latencyRatio).toBeCloseTo(4, 12)
    expect(ranking[0]!.latencyRatio).toBeCloseTo(1, 12)
    expect(ranking[0]!.energyRatio).toBeCloseTo(2, 12)
    // 200 and 800 against 1000 and 1000.
    expect(ranking[1]!.latencyAreaRatio).toBeCloseTo(1, 12)
    expect(ranking[0]!.latencyAreaRatio).toBeCloseTo(Math.sqrt(5 * 1.25), 12)
  })

  test('without an area there is no latency x area, and others are not held against it', () => {
    const ranking = rankTargets([chip('small', 100), chip('board', null)], models)
    expect(ranking.find(({ name }) => name === 'board')!.latencyAreaRatio).toBeNull()
    expect(ranking.find(({ name }) => name === 'small')!.latencyAreaRatio).toBeCloseTo(1, 12)
  })

  test('no models, no ranking; a model without work is a tie', () => {
    expect(rankTargets([chip('a', 1)], [])).toEqual([])
    const idle = [{ file: 'c', results: [figures(0, 0), figures(0, 0)] }]
    expect(rankTargets([chip('a', 1), chip('b', 1)], idle).map(({ latencyRatio }) => latencyRatio)).toEqual([1, 1])
  })

  test('the view: a table for each model, the failures, the ranking', () => {
    const targets = [chip('small', 100), chip('board', null)]
    const comparison = {
      comparisonVersion: 1 as const,
      targets,
      models,
      failed: [{ file: 'x.onnx', error: 'x.onnx: not a model; give one' }],
      ranking: rankTargets(targets, models),
    }
    const text = terminalComparison(comparison, colorsFor(false))
    expect(text).toMatch(/^a: 1\.00 K MACs/)
    expect(text).toMatch(/1 of 3 models failed:\n {2}x\.onnx: not a model/)
    expect(text).toMatch(/1 +board +x 1\.00 +x 2\.00 +50 % +- +- +-/)
  })
})
