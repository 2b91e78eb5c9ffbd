import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseScore } from './choose-score.js'
import { rankCorrelation, ranksOf, spearmanRho, tauGainInterval } from './rank-correlation.js'

describe('ranks', () => {
  test.each([
    [
      [10, 30, 20],
      [1, 3, 2],
    ],
    [
      [5, 5, 1],
      [2.5, 2.5, 1],
    ],
    [
      [7, 7, 7],
      [2, 2, 2],
    ],
    [
      [Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY],
      [1.5, 3, 1.5],
    ],
    [[], []],
  ])('of %j', (values, ranks) => {
    expect(Array.from(ranksOf(values))).toEqual(ranks)
  })
})

describe('Spearman', () => {
  test('of a published example: intelligence and hours before the television', () => {
    const intelligence = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    expect(spearmanRho(intelligence, hours)).toBeCloseTo(-29 / 165, 12)
  })

  test('of ties, by hand: ranks 1.5, 1.5, 3 and 1, 2, 3', () => {
    expect(spearmanRho([4, 4, 9], [1, 2, 3])).toBeCloseTo(1.5 / Math.sqrt(1.5 * 2), 12)
  })

  test('sees order alone, and turns with it', () => {
    const list = fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 12 })
    fc.assert(
      fc.property(list, (values) => {
        const other = values.map((value, i) => (value * 7 + i * i) % 11)
        fc.pre(new Set(other).size > 1)
        const rho = spearmanRho(values, other)
        expect(spearmanRho(values.map(Math.exp), other)).toBeCloseTo(rho, 9)
        expect(
          spearmanRho(
            values.map((value) => -value),
            other,
          ),
        ).toBeCloseTo(-rho, 9)
        expect(spearmanRho(values, values)).toBeCloseTo(1, 12)
      }),
    )
  })
})

const rising = Array.from({ length: 40 }, (_, i) => i)
/** Neighbours exchanged: nearly right. */
const nearly = rising.map((value) => value ^ 1)
const unrelated = rising.map((value) => (value * 17) % 40)

describe('a rank correlation', () => {
  test('is Kendall tau with its interval', () => {
    // 20 of 780 pairs are the wrong way round.
    const found = rankCorrelation(nearly, rising)
    expect(found.tau).toBeCloseTo(1 - (2 * 20) / 780, 12)
    expect(found.tauInterval[0]).toBeGreaterThan(0.85)
    expect(found.tauInterval[1]).toBeLessThanOrEqual(1)
    expect(rankCorrelation(nearly, rising)).toEqual(found)
    const [low, high] = rankCorrelation(unrelated, rising).tauInterval
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
  })

  test('is compared over the same resamples', () => {
    expect(tauGainInterval(nearly, nearly, rising)).toEqual([0, 0])
    expect(tauGainInterval(nearly, unrelated, rising)[0]).toBeGreaterThan(0.5)
  })
})

describe('the chosen score', () => {
  const losses = rising.map((value) => -value)
  test.each<[string, Parameters<typeof chooseScore>[0]['scores'], string]>([
    ['ranks best', { parameters: unrelated, naswot: nearly, macs: rising }, 'macs'],
    ['is the parameter count where that is as good', { parameters: nearly, naswot: nearly }, 'parameters'],
    [
      'is the parameter count where the gain is in doubt',
      { parameters: nearly, naswot: [1, 0, ...nearly.slice(2).reverse()] },
      'parameters',
    ],
    ['beats a parameter count that ranks upside down', { parameters: losses, naswot: nearly }, 'naswot'],
    ['is the parameter count where all are wrong', { parameters: losses, meco: losses }, 'parameters'],
  ])('%s', (_, scores, expected) => {
    expect(chooseScore({ scores, losses }).name).toBe(expected)
  })

  test('comes with all that were judged, best first', () => {
    const { judged } = chooseScore({ scores: { parameters: unrelated, naswot: nearly, macs: rising }, losses })
    expect(judged.map(({ name }) => name)).toEqual(['macs', 'naswot', 'parameters'])
    expect(judged[2]!.gainInterval).toEqual([0, 0])
  })
})
