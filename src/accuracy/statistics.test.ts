import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../runtime/random.js'
import { percentileInterval, resampled } from './bootstrap.js'
import { compareScores, summarize } from './compare-scores.js'
import type { Score } from './evaluate.js'
import { gate } from './gate.js'
import { mcnemar } from './mcnemar.js'
import { signalToNoise } from './metrics/agreement.js'
import { type Metric, meanAccumulator } from './metrics/metric.js'
import { top1 } from './metrics/top-k.js'

/** A score of samples that gave these values. */
function scoreOf(values: readonly number[], metric: Metric = top1): Score {
  let next = 0
  const accumulator = meanAccumulator(() => values[next++]!)
  for (const [sample] of values.entries()) accumulator.add({ sample, outputs: new Map(), labels: undefined })
  const scored = accumulator.scored()
  return { metric, ...scored, value: scored.figure(values.map(() => 1)), samples: values.length }
}

/** 0 or 1 with that probability of 1. */
const coins = (count: number, share: number, seed: number): number[] => {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, () => (random.uniform() < share ? 1 : 0))
}

describe('bootstrap', () => {
  test('of a share is as wide as theory says', () => {
    const score = scoreOf(coins(2000, 0.8, 1))
    const { interval, value } = summarize(score)
    const half = 1.96 * Math.sqrt((value * (1 - value)) / 2000)
    expect(interval[0]).toBeGreaterThan(value - 1.12 * half)
    expect(interval[0]).toBeLessThan(value - 0.88 * half)
    expect(interval[1]).toBeGreaterThan(value + 0.88 * half)
    expect(interval[1]).toBeLessThan(value + 1.12 * half)
  })
  test('holds the truth about 95 times in a hundred', () => {
    let held = 0
    for (let seed = 0; seed < 200; seed++) {
      const { interval } = summarize(scoreOf(coins(200, 0.7, seed + 1)), { resamples: 400, seed })
      if (interval[0] <= 0.7 && 0.7 <= interval[1]) held += 1
    }
    expect(held).toBeGreaterThan(180)
    expect(held).toBeLessThan(199)
  })
  test('the same seed draws the same, another one something else', () => {
    const { figure } = scoreOf(coins(50, 0.5, 3))
    const draw = (seed: number) => resampled([figure], 50, { seed, resamples: 20 })[0]!
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })
  test('every resample has as many samples as there are', () => {
    const total = (weights: ArrayLike<number>) => Array.from(weights).reduce((a, b) => a + b, 0)
    expect(new Set(resampled([total], 37, { resamples: 50 })[0])).toEqual(new Set([37]))
  })
  test('percentiles', () => {
    const values = Float64Array.from({ length: 1001 }, (_, i) => 1000 - i)
    expect(percentileInterval(values)[0]).toBeCloseTo(25, 9)
    expect(percentileInterval(values)[1]).toBeCloseTo(975, 9)
    expect(percentileInterval(Float64Array.of(Number.NaN, 4, 4))).toEqual([4, 4])
  })
})

describe('the drop', () => {
  const before = coins(1000, 0.8, 5)
  // Wrong where the other was right in 2 %, and nowhere else.
  const after = before.map((value, i) => (i % 50 === 0 ? 0 : value))

  test('is paired: far narrower than two intervals apart', () => {
    const found = compareScores(scoreOf(before), scoreOf(after))
    expect(found.drop).toBeCloseTo(found.before - found.after, 12)
    const width = ([low, high]: readonly [number, number]) => high - low
    expect(width(found.dropInterval)).toBeLessThan(width(found.beforeInterval) / 2)
    expect(found.dropInterval[0]).toBeGreaterThan(0)
    expect(found.mcnemar).toMatchObject({ onlyAfter: 0, onlyBefore: Math.round(found.drop * 1000) })
  })
  test('of equal models is zero, without doubt', () => {
    const found = compareScores(scoreOf(before), scoreOf(before))
    expect([found.drop, ...found.dropInterval]).toEqual([0, 0, 0])
    expect(found.mcnemar?.pValue).toBe(1)
  })
  test('is positive where a figure that should be low grew', () => {
    const low: Metric = { ...top1, id: 'low', higherIsBetter: false }
    expect(compareScores(scoreOf([0, 0], low), scoreOf([0, 1], low)).drop).toBe(0.5)
  })
  test('agreement is measured against perfection; infinities do not become numbers', () => {
    const found = compareScores(undefined, scoreOf([20, 30], signalToNoise))
    expect(found).toMatchObject({ before: Infinity, after: 25, drop: Infinity, dropInterval: [Infinity, Infinity] })
    expect(JSON.parse(JSON.stringify(found))).toMatchObject({ before: null, drop: null })
    const same = compareScores(undefined, scoreOf([Infinity, Infinity], signalToNoise))
    expect(same).toMatchObject({ drop: 0, dropInterval: [0, 0] })
  })
})

describe('McNemar', () => {
  test('by hand', () => {
    const [before, after] = [
      [...new Array<number>(10).fill(1), 0, 0, 1, 0],
      [...new Array<number>(10).fill(0), 1, 1, 1, 0],
    ]
    // 2 x (1 + 12 + 66) / 4096.
    expect(mcnemar(before, after)).toEqual({
      bothRight: 1,
      bothWrong: 1,
      onlyBefore: 10,
      onlyAfter: 2,
      pValue: expect.closeTo(158 / 4096, 12) as number,
    })
  })
  test('thousands do not overflow', () => {
    const one = mcnemar(new Array<number>(6000).fill(1), coins(6000, 0.5, 1))
    expect(one.pValue).toBeGreaterThanOrEqual(0)
    expect(one.pValue).toBeLessThan(1e-300)
  })
})

describe('gate', () => {
  test.each<[string, number, number | undefined, string, RegExp]>([
    ['no limit', 0.5, undefined, 'none', /no largest drop/],
    ['below', 0.004, 0.01, 'passed', /the drop is 0\.004, allowed 0\.01$/],
    ['on the limit, as floats have it', 0.84 - 0.83, 0.01, 'passed', /allowed 0\.01/],
    ['above', 0.011, 0.01, 'failed', /the drop is 0\.011/],
    ['better than before', -0.02, 0, 'passed', /-0\.02/],
  ])('%s', (_, drop, maxDrop, verdict, reason) => {
    const found = gate({ drop, interval: [drop, drop], maxDrop })
    expect(found.verdict).toBe(verdict)
    expect(found.reason).toMatch(reason)
  })
  test('an interval on both sides of the limit is said, and changes nothing', () => {
    const found = gate({ drop: 0.009, interval: [0.002, 0.016], maxDrop: 0.01 })
    expect(found).toMatchObject({ verdict: 'passed', maxDrop: 0.01 })
    expect(found.reason).toMatch(/its interval 0\.002 to 0\.016 lies on both sides/)
  })
  test('no limit can be compared with a drop that is none', () => {
    expect(() => gate({ drop: Infinity, interval: [Infinity, Infinity], maxDrop: 1 })).toThrow(/no drop that a limit/)
    expect(() => gate({ drop: Number.NaN, interval: [0, 0], maxDrop: 1 })).toThrow(/no drop that a limit/)
  })
})

describe('figures over weights', () => {
  test('a weight of two is the sample twice', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }), (values) => {
        const weights = values.map((_, i) => i % 3)
        fc.pre(weights.some((weight) => weight > 0))
        const repeated = values.flatMap((value, i) => new Array<number>(weights[i]!).fill(value))
        expect(scoreOf(values).figure(weights)).toBeCloseTo(scoreOf(repeated).value, 12)
      }),
    )
  })
})
