import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import {
  fitStructure,
  parameterCount,
  type StructureRow,
  sharpnessAt,
  siblingPrior,
  structureLatency,
  vaguePrior,
} from './structure.js'

const parameters = fc.array(fc.double({ min: -4, max: 1, noNaN: true }), {
  minLength: parameterCount,
  maxLength: parameterCount,
})
const terms = fc
  .array(fc.double({ min: 0.01, max: 50, noNaN: true }), { minLength: 7, maxLength: 7 })
  .map((rest) => Float64Array.of(1, ...rest))

/** Kernels under known parameters, from small to large. */
function kernelsOf(truth: readonly number[], count: number, noise: number, seed: number): StructureRow[] {
  const random = new SeededRandom(seed)
  const logUniform = (low: number, high: number) => low * (high / low) ** random.uniform()
  return Array.from({ length: count }, () => {
    const fused = random.integer(0, 1)
    const output = logUniform(0.001, 10)
    const row = Float64Array.of(
      1,
      fused,
      logUniform(0.003, 5),
      logUniform(0.001, 100),
      logUniform(0.001, 10),
      output,
      logUniform(0.0001, 1),
      fused * output,
    )
    const latencyMs = structureLatency(row, truth) * Math.exp(noise * (random.uniform() - 0.5))
    return { group: 0, terms: row, latencyMs }
  })
}

const truth = [0.04, 0.004, 0.07, 0.007, 0.01, 0.03, 0.05, 0.015, 0.4].map(Math.log)
const meanError = (rows: readonly StructureRow[], fitted: Float64Array) =>
  rows.reduce((sum, row) => sum + Math.abs(Math.log(row.latencyMs / structureLatency(row.terms, fitted))), 0) /
  rows.length

describe('structureLatency', () => {
  it('lies between the larger of floor and roof and their sum', () => {
    fc.assert(
      fc.property(terms, parameters, (row, logs) => {
        const costs = Array.from(row, (term, j) => term * Math.exp(logs[j]!))
        const floor = costs.slice(0, 3).reduce((sum, cost) => sum + cost, 0)
        const roof = costs.slice(3).reduce((sum, cost) => sum + cost, 0)
        const latency = structureLatency(row, logs)
        expect(latency).toBeGreaterThanOrEqual(Math.max(floor, roof) * (1 - 1e-9))
        expect(latency).toBeLessThanOrEqual((floor + roof) * (1 + 1e-9))
      }),
    )
  })

  it('has the gradient that differences show', () => {
    fc.assert(
      fc.property(terms, parameters, (row, logs) => {
        const gradient = new Float64Array(parameterCount)
        structureLatency(row, logs, 0, gradient)
        for (let j = 0; j < parameterCount; j++) {
          const step = 1e-5
          const [below, above] = [-step, step].map((by) => {
            const moved = [...logs]
            moved[j]! += by
            return Math.log(structureLatency(row, moved))
          })
          expect(gradient[j]).toBeCloseTo((above! - below!) / (2 * step), 5)
        }
      }),
    )
  })

  it('is finite without a roof', () => {
    expect(
      structureLatency(
        new Float64Array(8).fill(0).map((_, i) => (i === 0 ? 1 : 0)),
        truth,
      ),
    ).toBeCloseTo(0.04, 9)
  })
})

describe('fitStructure', () => {
  it('finds the law of a device from a hundred kernels', () => {
    const rows = kernelsOf(truth, 100, 0.05, 1)
    const fitted = fitStructure(rows, vaguePrior(rows))
    expect(meanError(kernelsOf(truth, 300, 0, 2), fitted)).toBeLessThan(0.03)
  })

  it('is not moved by a few kernels that run in another way', () => {
    const rows = kernelsOf(truth, 100, 0.05, 3).map((row, i) =>
      i % 10 === 0 ? { ...row, latencyMs: 2 * row.latencyMs } : row,
    )
    expect(meanError(kernelsOf(truth, 300, 0, 4), fitStructure(rows, vaguePrior(rows)))).toBeLessThan(0.05)
  })

  it('learns more from eight kernels when it starts from a device alike', () => {
    const errors = { sibling: 0, vague: 0 }
    for (let seed = 1; seed <= 10; seed++) {
      const random = new SeededRandom(seed)
      // Another device: slower calls, four times the throughput, and each part off by up to a third.
      const relative = truth.map((value, j) => {
        const own = 0.6 * (random.uniform() - 0.5)
        return j === sharpnessAt ? value : value + own + (j < 3 ? -1 : 1.4)
      })
      const rows = kernelsOf(truth, 8, 0.05, 100 + seed)
      const test = kernelsOf(truth, 200, 0, 200 + seed)
      errors.sibling += meanError(test, fitStructure(rows, siblingPrior([relative]))) / 10
      errors.vague += meanError(test, fitStructure(rows, vaguePrior(rows))) / 10
    }
    expect(errors.sibling).toBeLessThan(0.7 * errors.vague)
  })

  it('moves a kind without rows with the others', () => {
    const before = truth.map((value, j) => (j === sharpnessAt ? value : value - 1))
    const rows = kernelsOf(truth, 60, 0.02, 5)
    const fitted = fitStructure(rows, siblingPrior([before, before]))
    const other = fitted.subarray(parameterCount)
    const moved = Array.from(other, (value, j) => value - before[j]!)
    for (let j = 0; j < sharpnessAt; j++) expect(moved[j]).toBeGreaterThan(0.5)
    expect(moved[sharpnessAt]).toBeCloseTo(0, 6)
  })
})
