import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../runtime/random.js'
import type { Rows } from './feature-rows.js'
import { chooseRegularisation } from './layer-fit.js'
import { type NormalEquations, smallNormalEquations } from './normal-equations.js'
import { joined, Ridge, relativeError, someOutputs } from './ridge.js'

const random = new SeededRandom(23)
const uniform = () => random.uniform() - 0.5

/** Rows whose targets are those weights times the features, and noise. */
function rowsOf(count: number, weights: Float64Array, outputs: number, noise = 0, hasBias = true): Rows {
  const features = weights.length / outputs
  const x = Float32Array.from({ length: count * features }, (_, i) =>
    hasBias && i % features === features - 1 ? 1 : uniform(),
  )
  const y = Float32Array.from({ length: count * outputs }, (_, i) => {
    const [n, o] = [Math.floor(i / outputs), i % outputs]
    let sum = noise * uniform()
    for (let f = 0; f < features; f++) sum += x[n * features + f]! * weights[f * outputs + o]!
    return sum
  })
  return { count, hasBias, features: x, targets: y }
}

const drawWeights = (features: number, outputs: number) => Float64Array.from({ length: features * outputs }, uniform)

/** Squared error over squares, row by row. */
function errorOf({ count, features: x, targets: y }: Rows, weights: Float64Array): number {
  const [features, outputs] = [x.length / count, y.length / count]
  let [error, squares] = [0, 0]
  for (let n = 0; n < count; n++) {
    for (let o = 0; o < outputs; o++) {
      let found = 0
      for (let f = 0; f < features; f++) found += x[n * features + f]! * weights[f * outputs + o]!
      error += (found - y[n * outputs + o]!) ** 2
      squares += y[n * outputs + o]! ** 2
    }
  }
  return error / squares
}

/** What a system of no ridge but that of the constructor is: (G + D) as it is documented. */
function systemOf({ gram, features, hasBias }: NormalEquations, regularisation: number): Float64Array {
  let trace = 0
  const pulled = hasBias ? features - 1 : features
  for (let i = 0; i < pulled; i++) trace += gram[i * features + i]!
  const mean = trace / pulled
  return gram.map((value, at) => {
    const [i, j] = [Math.floor(at / features), at % features]
    return i !== j ? value : value + mean * (i >= pulled ? 1e-9 : regularisation)
  })
}

describe('ridge regression', () => {
  const [features, outputs] = [7, 3]
  const weights = drawWeights(features, outputs)
  const rows = rowsOf(60, weights, outputs, 0.1)
  const equations = smallNormalEquations(rows)

  test.each([true, false])('the inverse times the system is the identity, with a bias: %s', (hasBias) => {
    const equations = smallNormalEquations(rowsOf(60, weights, outputs, 0.1, hasBias))
    for (const regularisation of [1e-5, 1e-1]) {
      const inverse = new Ridge(equations, regularisation).inverse()
      const system = systemOf(equations, regularisation)
      for (let i = 0; i < features; i++) {
        for (let j = 0; j < features; j++) {
          let sum = 0
          for (let k = 0; k < features; k++) sum += inverse[i * features + k]! * system[k * features + j]!
          expect(sum).toBeCloseTo(i === j ? 1 : 0, 9)
        }
      }
    }
  })

  test('weights that made the rows are found again; with a large ridge the present ones stay', () => {
    const clean = smallNormalEquations(rowsOf(60, weights, outputs))
    const present = drawWeights(features, outputs)
    const found = new Ridge(clean, 1e-9).solve(clean.cross, present)
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(weights[i]!, 5)
    const held = new Ridge(clean, 1e9).solve(clean.cross, present)
    for (let i = 0; i < (features - 1) * outputs; i++) expect(held[i]).toBeCloseTo(present[i]!, 6)
  })

  test('the relative error of equations is that of their rows, also of two sets together', () => {
    const other = rowsOf(20, weights, outputs, 0.3)
    const tried = drawWeights(features, outputs)
    expect(relativeError(equations, tried)).toBeCloseTo(errorOf(rows, tried), 6)
    const both = {
      count: 80,
      hasBias: true,
      features: Float32Array.of(...rows.features, ...other.features),
      targets: Float32Array.of(...rows.targets, ...other.targets),
    }
    expect(relativeError(joined(equations, smallNormalEquations(other)), tried)).toBeCloseTo(errorOf(both, tried), 6)
  })

  test('the condition number is that of a diagonal system', () => {
    const diagonal = { ...equations, features: 3, gram: Float64Array.of(8, 0, 0, 0, 2, 0, 0, 0, 1) }
    expect(new Ridge(diagonal, 0).conditioning()).toBeCloseTo(8, 6)
  })

  test.each([
    { most: 3, taken: [0, 1, 2] },
    { most: 2, taken: [0, 2] },
    { most: 1, taken: [0] },
  ])('some outputs: at most $most of three', ({ most, taken }) => {
    const some = someOutputs(equations, most)
    expect(some.outputs).toBe(taken.length)
    const all = new Ridge(equations, 1e-3).solve(equations.cross)
    const few = new Ridge(some, 1e-3).solve(some.cross)
    for (const [at, output] of taken.entries())
      for (let f = 0; f < features; f++) expect(few[f * taken.length + at]).toBeCloseTo(all[f * outputs + output]!, 12)
  })

  test('the ridge is chosen by held-out rows: a little where rows are many and clean, much where they are few and noisy', () => {
    const wide = drawWeights(24, 40)
    const present = wide.map((value) => value + 0.05 * uniform())
    const held = smallNormalEquations(rowsOf(200, wide, 40))
    const clean = chooseRegularisation(smallNormalEquations(rowsOf(400, wide, 40)), held, present)
    const noisy = chooseRegularisation(smallNormalEquations(rowsOf(12, wide, 40, 2)), held, present)
    expect(clean.regularisation).toBeLessThan(noisy.regularisation)
    expect(clean.error).toBeLessThan(relativeError(held, present))
    expect(noisy.error).toBeGreaterThan(clean.error)
  })
})

describe('products that rounding has made indefinite', () => {
  // Two features that are nearly one, their products as float32 sums may leave them.
  const indefinite = (error: number): NormalEquations => ({
    features: 3,
    outputs: 1,
    hasBias: true,
    gram: Float64Array.from([1, 1 + error, 0, 1 + error, 1, 0, 0, 0, 1]),
    cross: Float64Array.from([1, 1, 0.5]),
    squares: 2,
  })

  test.each([1e-6, 1e-4, 1e-3])(
    'an error of %d: the regularisation is raised until the system can be solved',
    (error) => {
      const weights = new Ridge(indefinite(error), 1e-7).solve(indefinite(error).cross)
      expect(weights[0]! + weights[1]!).toBeCloseTo(1, 1)
      expect(weights[2]).toBeCloseTo(0.5, 2)
    },
  )

  test('a choice among regularisations does not end at one that is too small', () => {
    const { regularisation } = chooseRegularisation(indefinite(1e-4), indefinite(1e-4), new Float64Array(3))
    expect(regularisation).toBeGreaterThan(0)
  })

  test('what are no numbers is refused', () => {
    const none = { ...indefinite(0), gram: new Float64Array(9).fill(Number.NaN) }
    expect(() => new Ridge(none, 1e-3)).toThrow(/finite/)
  })
})
