import fc from 'fast-check'
import { Matrix, solve } from 'ml-matrix'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../runtime/random.js'
import { eliminate, type LinearSum, MissingLoss, RefitLoss } from './channel-elimination.js'

/** Activations [rows, positions] and weights [positions, outputs] at random, positions shared out to units. */
interface Layer {
  readonly x: Matrix
  readonly w: Matrix
  readonly sum: LinearSum
}

const rowCount = 60

function layerOf(seed: number, units: readonly number[]): Layer {
  const random = new SeededRandom(seed)
  const draw = (rows: number, columns: number) =>
    new Matrix(Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.uniform() * 2 - 1)))
  const positions = units.length
  // Mixed, so that they stand in for each other to some extent.
  const x = draw(rowCount, positions).mmul(draw(positions, positions))
  const w = draw(positions, 4)
  const flat = (matrix: Matrix) => Float64Array.from(matrix.to1DArray())
  const sum = {
    units: Int32Array.from(units),
    moments: flat(x.transpose().mmul(x).div(rowCount)),
    weights: flat(w.mmul(w.transpose())),
  }
  return { x, w, sum }
}

const squares = (matrix: Matrix) => matrix.to1DArray().reduce((all, value) => all + value * value, 0)

/** Error of the outputs over their mean square, with only those positions left. */
function errorWith({ x, w }: Layer, left: readonly number[], refitted: boolean): number {
  const y = x.mmul(w)
  const kept = x.subMatrixColumn([...left])
  const weights = refitted ? solve(kept, y) : w.subMatrixRow([...left])
  return squares(Matrix.sub(y, kept.mmul(weights))) / squares(y)
}

const layers = fc
  .tuple(
    fc.integer({ min: 1, max: 1 << 20 }),
    fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 6, maxLength: 9 }),
  )
  .map(([seed, units]) => layerOf(seed, [...units, 0, 1, 2, 3, 4]))

const without = ({ sum }: Layer, gone: ReadonlySet<number>) =>
  [...sum.units.keys()].filter((p) => !gone.has(sum.units[p]!))

describe.each([
  { title: 'missing', lossOf: (sum: LinearSum) => new MissingLoss(5, sum), refitted: false },
  { title: 'refitted', lossOf: (sum: LinearSum) => new RefitLoss(5, sum, 1e-10), refitted: true },
])('losses of units, $title', ({ lossOf, refitted }) => {
  test('add up to the error of the outputs, in whatever order units go', () => {
    fc.assert(
      fc.property(layers, fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1, maxLength: 4 }), (layer, order) => {
        const loss = lossOf(layer.sum)
        const gone = new Set<number>()
        let error = 0
        for (const unit of order) {
          error += loss.of(unit)
          loss.drop(unit)
          gone.add(unit)
          expect(error).toBeCloseTo(errorWith(layer, without(layer, gone), refitted), 6)
        }
      }),
    )
  })
})

test('the more noise there is in what is left, the less a refit can do', () => {
  fc.assert(
    fc.property(layers, (layer) => {
      const totals = [1e-6, 0.1, 1, 1e7].map((noise) => {
        const loss = new RefitLoss(5, layer.sum, noise)
        return [3, 1].reduce((sum, unit) => {
          const own = loss.of(unit)
          loss.drop(unit)
          return sum + own
        }, 0)
      })
      const gone = new Set([3, 1])
      expect(totals[0]).toBeCloseTo(errorWith(layer, without(layer, gone), true), 3)
      expect(totals.at(-1)).toBeCloseTo(errorWith(layer, without(layer, gone), false), 4)
      for (const [i, total] of totals.slice(1).entries()) expect(total).toBeGreaterThan(totals[i]! - 1e-6)
    }),
  )
})

describe('elimination', () => {
  test('the first to go is the one whose absence costs least', () => {
    fc.assert(
      fc.property(layers, (layer) => {
        const turns = eliminate(5, [new MissingLoss(5, layer.sum)])
        const errors = [0, 1, 2, 3, 4].map((unit) => errorWith(layer, without(layer, new Set([unit])), false))
        expect(errors[turns.indexOf(0)]).toBeCloseTo(Math.min(...errors), 8)
        expect([...turns].sort()).toEqual([0, 1, 2, 3, 4])
      }),
    )
  })

  test('of two channels that cancel out, one goes only with the other', () => {
    // 2 a - 2 a + b: neither can go alone, both together cost nothing.
    const same = [1, 1, 0]
    const weights = [2, -2, 1]
    const sum: LinearSum = {
      units: Int32Array.of(0, 1, 2),
      moments: Float64Array.from([0, 1, 2].flatMap((p) => [0, 1, 2].map((q) => (p === q ? 1 : same[p]! * same[q]!)))),
      weights: Float64Array.from(weights.flatMap((a) => weights.map((b) => a * b))),
    }
    expect([...eliminate(3, [new MissingLoss(3, sum)])]).toEqual([1, 2, 0])
    const refitted = eliminate(3, [new RefitLoss(3, sum, 1e-3)])
    // The one left of the two can be given the sum of both weights, which is nothing: it goes next.
    expect(refitted[2]).toBe(2)
  })

  test('errors of several readers add up', () => {
    const weak = layerOf(1, [0, 1]).sum
    const one = { ...weak, moments: Float64Array.of(1, 0, 0, 1) }
    const first = { ...one, weights: Float64Array.of(9, 0, 0, 1) }
    const second = { ...one, weights: Float64Array.of(1, 0, 0, 4) }
    expect([...eliminate(2, [new MissingLoss(2, first)])]).toEqual([1, 0])
    expect([...eliminate(2, [new MissingLoss(2, second)])]).toEqual([0, 1])
    // 9/10 + 1/5 against 1/10 + 4/5.
    expect([...eliminate(2, [new MissingLoss(2, first), new MissingLoss(2, second)])]).toEqual([1, 0])
  })

  test('channels that are never anything go first and spoil nothing', () => {
    const sum: LinearSum = {
      units: Int32Array.of(0, 1, 2),
      moments: Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0, 2),
      weights: Float64Array.of(1, 0, 0, 0, 50, 0, 0, 0, 1),
    }
    for (const loss of [new MissingLoss(3, sum), new RefitLoss(3, sum, 1e-3)]) {
      expect([...eliminate(3, [loss])]).toEqual([1, 0, 2])
    }
    const nothing = { ...sum, moments: new Float64Array(9) }
    for (const loss of [new MissingLoss(3, nothing), new RefitLoss(3, nothing, 1e-3)])
      expect([...eliminate(3, [loss])].sort()).toEqual([0, 1, 2])
  })
})
