import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitFamily, type Sample } from './fit.js'

const latency = (features: readonly number[], coefficients: readonly number[]) =>
  features.reduce((sum, feature, i) => sum + feature * coefficients[i]!, 0)

describe('fit of a kernel family', () => {
  test('property: recovers non-negative coefficients from clean data', () => {
    const coefficient = fc.double({ min: 0.1, max: 10, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(coefficient, { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 1e6 }),
        (truth, seed) => {
          let state = seed
          const random = () => (state = (state * 48271) % 2147483647) / 2147483647
          const samples: Sample[] = Array.from({ length: 60 }, () => {
            const features = [random() * 100, random() * 100, 1]
            return { features, latencyMs: latency(features, truth) }
          })
          const { coefficients, meanError } = fitFamily(samples)
          for (const [i, value] of coefficients.entries()) expect(value).toBeCloseTo(truth[i]!, 4)
          expect(meanError).toBeLessThan(1e-6)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('drops a feature whose coefficient would be negative, and one that never occurs', () => {
    const samples = Array.from({ length: 50 }, (_, i) => {
      const work = 1 + ((i * 37) % 50)
      return { features: [work, 50 - work / 2, 0, 1], latencyMs: 2 * work }
    })
    const { coefficients } = fitFamily(samples)
    expect(coefficients.every((value) => value >= 0)).toBe(true)
    expect(coefficients[2]).toBe(0)
    expect(coefficients[0]).toBeCloseTo(2, 1)
  })

  test('refuses too few samples', () => {
    expect(() => fitFamily([{ features: [1, 1], latencyMs: 1 }])).toThrow(/too few/)
  })
})
