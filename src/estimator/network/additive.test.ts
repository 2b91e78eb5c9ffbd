import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { solveNonNegative } from '../fit/non-negative-fit.js'
import { dot, fitAdditive } from './additive.js'

const randomRows = (count: number, width: number, random: SeededRandom): Float64Array[] =>
  Array.from({ length: count }, () => Float64Array.from({ length: width }, () => random.integer(0, 4)))

describe('fitAdditive', () => {
  it('finds the costs that made the latencies', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 2, maxLength: 6 }),
        (seed, costs) => {
          const rows = randomRows(40, costs.length, new SeededRandom(seed)).filter((row) => dot(row, costs) > 0)
          const fitted = fitAdditive(
            rows,
            rows.map((row) => dot(row, costs)),
          )
          costs.forEach((cost, i) => {
            expect(fitted[i]).toBeCloseTo(cost, 4)
          })
        },
      ),
    )
  })

  it('is not moved by one run in ten that was throttled', () => {
    const random = new SeededRandom(3)
    const costs = [1, 6, 2]
    const rows = randomRows(60, 3, random).map((row) => Float64Array.from(row, (value) => value + 1))
    const latencies = rows.map((row, i) => dot(row, costs) * (i % 10 === 0 ? 1.4 : 1 + 0.01 * (random.uniform() - 0.5)))
    const fitted = fitAdditive(rows, latencies)
    costs.forEach((cost, i) => {
      expect(Math.abs(fitted[i]! / cost - 1)).toBeLessThan(0.03)
    })
  })

  it('keeps the proportions of the prior where samples say nothing, at the scale that they say', () => {
    const fitted = fitAdditive(
      [
        [1, 1, 0],
        [2, 2, 0],
      ],
      [12, 24],
      { costs: [1, 2, 5], strength: 0.1 },
    )
    expect(fitted[0]).toBeCloseTo(4, 3)
    expect(fitted[1]).toBeCloseTo(8, 3)
    expect(fitted[2]).toBeCloseTo(20, 3)
  })
})

describe('solveNonNegative', () => {
  it('satisfies the conditions of optimality', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), (seed, width) => {
        const random = new SeededRandom(seed)
        const rows = randomRows(12, width, random)
        const targets = rows.map(() => 10 * random.uniform() - 3)
        const gram = Array.from({ length: width }, (_, a) =>
          Float64Array.from({ length: width }, (_, b) => rows.reduce((sum, row) => sum + row[a]! * row[b]!, 0)),
        )
        const right = Float64Array.from({ length: width }, (_, a) =>
          rows.reduce((sum, row, i) => sum + row[a]! * targets[i]!, 0),
        )
        const x = solveNonNegative(gram, right, 1e-10)
        for (let a = 0; a < width; a++) {
          const gradient = dot(gram[a]!, x) - right[a]!
          expect(x[a]).toBeGreaterThanOrEqual(0)
          // Where a coordinate is free its gradient vanishes; where it is 0 the gradient would push it below.
          if (x[a]! > 1e-6) expect(Math.abs(gradient)).toBeLessThan(1e-3)
          else expect(gradient).toBeGreaterThan(-1e-3)
        }
      }),
    )
  })
})
