import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { NormalEquations } from './normal-equations.js'
import { substitute } from './substitution.js'

/**
 * Ridge towards present weights: (G + D) W = X'Y + D W0 with D = regularisation x mean diagonal of G, next to nothing for a
 * bias, which is the last feature. Source: Hoerl and Kennard 1970; float64 by Cholesky.
 */
export class Ridge {
  readonly #gram: Matrix
  /** Lower triangle of the factorised system, row-major. */
  readonly #lower: Float64Array
  /** Diagonal of D. */
  readonly #pull: Float64Array

  /**
   * Sums of products in float32 are positive definite only so far: where the factorisation fails, the regularisation is raised.
   * Throws Error where nothing helps: rows that are no numbers.
   */
  constructor({ gram, features, hasBias }: NormalEquations, asked: number) {
    const products = matrix(gram, features, features)
    const mean = Math.max(meanDiagonal(products, hasBias ? features - 1 : features), 1e-12)
    if (!Number.isFinite(mean)) throw new Error(noNumbers)
    for (const factor of raises) {
      const regularisation = factor === 1 ? asked : factor * Math.max(asked, leastRaised)
      const pull = new Float64Array(features).fill(regularisation * mean)
      if (hasBias) pull[features - 1] = biasShare * factor * mean
      const system = products.clone()
      for (let i = 0; i < features; i++) system.set(i, i, system.get(i, i) + pull[i]!)
      const factorisation = new CholeskyDecomposition(system)
      if (!factorisation.isPositiveDefinite()) continue
      this.#gram = system
      this.#lower = Float64Array.from(factorisation.lowerTriangularMatrix.to1DArray())
      this.#pull = pull
      return
    }
    throw new Error(noNumbers)
  }

  /** Weights [features, outputs] for the right side X'Y of the same shape, towards `present` (default: zeros). */
  solve(cross: Float64Array, present?: Float64Array): Float64Array {
    if (present === undefined) return substitute(this.#lower, cross)
    const outputs = cross.length / this.#pull.length
    const right = cross.map((value, i) => value + this.pulled(present, i, outputs))
    return substitute(this.#lower, right)
  }

  /** Element i of D W0. */
  pulled(present: Float64Array, i: number, outputs: number): number {
    return this.#pull[Math.floor(i / outputs)]! * present[i]!
  }

  /** (G + D)^-1 [features, features], for many right sides. */
  inverse(): Float64Array {
    const size = this.#pull.length
    const identity = new Float64Array(size * size)
    for (let i = 0; i < size; i++) identity[i * size + i] = 1
    return substitute(this.#lower, identity)
  }

  /** Largest over smallest eigenvalue of the regularised system, each by power iteration (from below: at least this). */
  conditioning(): number {
    const start = Matrix.ones(this.#gram.rows, 1)
    const largest = dominant(start, (v) => this.#gram.mmul(v))
    const smallest =
      1 / dominant(start, (v) => Matrix.columnVector(substitute(this.#lower, Float64Array.from(v.to1DArray()))))
    return largest / smallest
  }
}

const biasShare = 1e-9
const noNumbers = 'a layer is fitted to rows that are no finite numbers'
/** What a regularisation is multiplied with until the system can be factorised. */
const raises = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
/** Where none was asked for. */
const leastRaised = 1e-7
const powerSteps = 30

function dominant(start: Matrix, apply: (v: Matrix) => Matrix): number {
  let vector = start
  let value = 0
  for (let i = 0; i < powerSteps; i++) {
    const next = apply(vector)
    value = next.norm() / vector.norm()
    vector = next.div(next.norm())
  }
  return value
}

/** Sum of squared errors of W over the rows of those equations, relative to the squares of Y. */
export function relativeError(
  { gram, cross, squares, features, outputs }: NormalEquations,
  weights: Float64Array,
): number {
  const quadratic = matrix(gram, features, features)
    .mmul(matrix(weights, features, outputs))
    .to1DArray()
  let error = squares
  for (let i = 0; i < cross.length; i++) error += weights[i]! * (quadratic[i]! - 2 * cross[i]!)
  return error / Math.max(squares, Number.MIN_VALUE)
}

/** Equations of both sets of rows. */
export function joined(a: NormalEquations, b: NormalEquations): NormalEquations {
  return {
    ...a,
    gram: a.gram.map((value, i) => value + b.gram[i]!),
    cross: a.cross.map((value, i) => value + b.cross[i]!),
    squares: a.squares + b.squares,
  }
}

/** Of every so many outputs one: enough to choose a regularisation by. */
export function someOutputs(equations: NormalEquations, most: number): NormalEquations {
  const { features, outputs, cross, squares } = equations
  const every = Math.ceil(outputs / most)
  if (every === 1) return equations
  const taken = Math.ceil(outputs / every)
  const chosen = Float64Array.from(
    { length: features * taken },
    (_, i) => cross[Math.floor(i / taken) * outputs + (i % taken) * every]!,
  )
  // Of which outputs the squares are does not matter: errors are compared, not read.
  return { ...equations, outputs: taken, cross: chosen, squares }
}

const matrix = (values: Float64Array, rows: number, columns: number): Matrix =>
  Matrix.from1DArray(rows, columns, values)

/** Of the first elements. */
function meanDiagonal(system: Matrix, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += system.get(i, i)
  return sum / Math.max(1, count)
}
