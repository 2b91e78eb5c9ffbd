import { Matrix, solve } from 'ml-matrix'
import { describe, expect, test } from 'vitest'
import { convolutionShape } from '../../hw/convolution-shape.js'
import type { KernelShape } from '../../hw/shape.js'
import { SeededRandom } from '../../runtime/random.js'
import { gridOf, writeFamilyPoint, writeSlicePoint } from './axes.js'
import { type Covariance, fitSurface } from './fit-surface.js'
import { encodeSurface, KrigedSurface } from './surface.js'

const shapeOf = (inChannels: number, outChannels: number, size: number, batch = 1, kernel = 3): KernelShape =>
  convolutionShape({ batch, inChannels, outChannels, size, kernel })

const covariance: Covariance = { familyLengths: [3, 4, 1], sliceLengths: [0.8, 2, 1.5, 3], noise: 0.1 }

/** Rows of a grid with holes. */
function rowsWithHoles(seed: number): KernelShape[] {
  const random = new SeededRandom(seed)
  const rows: KernelShape[] = []
  for (const [i, o, k] of [
    [8, 8, 1],
    [8, 16, 1],
    [16, 16, 3],
    [32, 16, 3],
    [16, 64, 3],
    [64, 64, 3],
    [128, 64, 5],
    [64, 8, 5],
    [3, 8, 3],
  ] as const) {
    for (const size of [7, 14, 28]) {
      for (const batch of [1, 32]) if (random.uniform() < 0.7) rows.push(shapeOf(i, o, size, batch, k))
    }
  }
  return rows
}

/** The textbook's formula with full matrices. */
function dense(rows: readonly KernelShape[], targets: Float64Array, at: KernelShape): number {
  const pointOf = (shape: KernelShape) => {
    const [family, slice] = [new Float64Array(3), new Float64Array(4)]
    writeFamilyPoint(shape, family)
    writeSlicePoint(shape, slice)
    return [...family, ...slice]
  }
  const lengths = [...covariance.familyLengths, ...covariance.sliceLengths]
  const k = (a: number[], b: number[]) => Math.exp(-lengths.reduce((d, l, i) => d + Math.abs(a[i]! - b[i]!) / l, 0))
  const points = rows.map(pointOf)
  const mean = targets.reduce((a, b) => a + b, 0) / targets.length
  const matrix = new Matrix(points.map((a, i) => points.map((b, j) => k(a, b) + (i === j ? covariance.noise : 0))))
  const weights = solve(matrix, Matrix.columnVector(Array.from(targets, (t) => t - mean))).to1DArray()
  const point = pointOf(at)
  return mean + points.reduce((sum, p, i) => sum + k(p, point) * weights[i]!, 0)
}

describe('kriging on a grid with holes', () => {
  test.each([1, 2, 3])('equals Gaussian process regression with full matrices, rows of seed %i', (seed) => {
    const rows = rowsWithHoles(seed)
    const random = new SeededRandom(seed + 10)
    const targets = Float64Array.from(rows, () => random.uniform() - 0.5)
    const grid = gridOf(rows)!
    const surface = new KrigedSurface(JSON.parse(JSON.stringify(encodeSurface(fitSurface(grid, targets, covariance)))))
    for (const at of [...rows, shapeOf(24, 40, 14), shapeOf(48, 16, 28, 32), shapeOf(8, 64, 7, 1, 5)]) {
      expect(surface.at(at)).toBeCloseTo(dense(rows, targets, at), 2)
    }
  })

  test('between two slices it lies between them, outside it stays', () => {
    const rows = rowsWithHoles(4)
    const targets = Float64Array.from(rows, ({ inHeight }) => (inHeight === 7 ? 0 : inHeight === 14 ? 1 : 3))
    const surface = new KrigedSurface(encodeSurface(fitSurface(gridOf(rows)!, targets, covariance)))
    const at = (size: number) => surface.at(shapeOf(16, 16, size))
    const middle = at(20)
    expect(middle).toBeGreaterThan(at(14))
    expect(middle).toBeLessThan(at(28))
    expect(at(100)).toBeCloseTo(at(28), 9)
    expect(at(3)).toBeCloseTo(at(7), 9)
    const half = Math.log2(20 / 14)
    expect(middle).toBeCloseTo((1 - half) * at(14) + half * at(28), 6)
  })

  test('rows of one cell count as their mean', () => {
    const rows = rowsWithHoles(5)
    const targets = Float64Array.from(rows, (_, i) => Math.sin(i))
    const twice = [...rows, ...rows]
    const spread = Float64Array.from(twice, (_, i) => Math.sin(i % rows.length) + (i < rows.length ? 0.2 : -0.2))
    const once = new KrigedSurface(encodeSurface(fitSurface(gridOf(rows)!, targets, { ...covariance, noise: 0.05 })))
    const both = new KrigedSurface(encodeSurface(fitSurface(gridOf(twice)!, spread, covariance)))
    for (const row of rows) expect(both.at(row)).toBeCloseTo(once.at(row), 2)
  })

  test('there is no grid where nearly every row is a slice of its own', () => {
    const random = new SeededRandom(1)
    const rows = Array.from({ length: 800 }, () =>
      shapeOf(random.integer(1, 999), random.integer(1, 999), random.integer(5, 999), random.integer(1, 99)),
    )
    expect(gridOf(rows)).toBeUndefined()
  })
})
