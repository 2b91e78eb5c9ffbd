import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { fitResiduals, invertPositive, residualAt } from './gaussian-process.js'

describe('fitResiduals', () => {
  const random = new SeededRandom(1)
  const points = Array.from({ length: 60 }, () => [4 * random.uniform(), 4 * random.uniform()])
  const wave = ([x, y]: readonly number[]) => 0.2 * Math.sin(x!) * Math.cos(y!)

  it('follows a smooth residual and forgets it far away', () => {
    const process = fitResiduals(points, points.map(wave))
    for (const at of [
      [1, 1],
      [2.5, 0.5],
      [3, 3],
    ])
      expect(Math.abs(residualAt(process, at) - wave(at))).toBeLessThan(0.02)
    expect(Math.abs(residualAt(process, [40, 40]))).toBeLessThan(1e-6)
  })

  it('takes noise for noise', () => {
    const noise = points.map(() => 0.2 * (random.uniform() - 0.5))
    const process = fitResiduals(points, noise)
    const mean = points.reduce((sum, point) => sum + residualAt(process, point) ** 2, 0) / points.length
    const given = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length
    expect(mean).toBeLessThan(0.25 * given)
  })

  it('does not let one outlier bend its surroundings far', () => {
    const residuals = points.map((point, i) => (i === 30 ? 5 : wave(point)))
    const process = fitResiduals(points, residuals)
    const near = [points[30]![0]! + 0.5, points[30]![1]!]
    expect(Math.abs(residualAt(process, near) - wave(near))).toBeLessThan(0.2)
  })
})

describe('invertPositive', () => {
  it('gives the inverse', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, count) => {
        const random = new SeededRandom(seed)
        const factor = Array.from({ length: count }, () => Array.from({ length: count }, () => random.uniform() - 0.5))
        const matrix = new Float64Array(count * count)
        for (let i = 0; i < count; i++)
          for (let j = 0; j < count; j++)
            matrix[i * count + j] = factor[i]!.reduce((sum, a, k) => sum + a * factor[j]![k]!, i === j ? 0.2 : 0)
        const inverse = matrix.slice()
        invertPositive(inverse, count)
        for (let i = 0; i < count; i++) {
          for (let j = 0; j < count; j++) {
            let sum = 0
            for (let k = 0; k < count; k++) sum += matrix[i * count + k]! * inverse[k * count + j]!
            expect(sum).toBeCloseTo(i === j ? 1 : 0, 8)
          }
        }
      }),
    )
  })
})
