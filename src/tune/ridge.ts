import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { NormalEquations } from './normal-equations.js'

/**
 * Ridge towards present weights: (G + D) W = X'Y + D W0 with D = regularisation x mean diagonal of G, next to nothing for the
 * bias, which is the last feature. Source: Hoerl and Kennard 1970; float64 by Cholesky.
 */
export class Ridge {
  readonly #gram: Matrix
  readonly #factor: CholeskyDecomposition
  /** D W0. */
  readonly #pull: Matrix

  constructor({ gram, features, outputs }: NormalEquations, regularisation: number, present: Float64Array) {
    const system = matrix(gram, features, features)
    const mean = meanDiagonal(system)
    const pull = matrix(present, features, outputs)
    for (let i = 0; i < features; i++) {
      const weight = i === features - 1 ? biasShare * Math.max(mean, 1e-12) : regularisation * Math.max(mean, 1e-12)
      system.set(i, i, system.get(i, i) + weight)
      for (let j = 0; j < outputs; j++) pull.set(i, j, pull.get(i, j) * weight)
    }
    this.#gram = system
    this.#factor = new CholeskyDecomposition(system)
    this.#pull = pull
  }

  /** Weights [features, outputs] for that right side. */
  solve(cross: Float64Array): Float64Array {
    const right = matrix(cross, this.#pull.rows, this.#pull.columns).add(this.#pull)
    return Float64Array.from(this.#factor.solve(right).to1DArray())
  }

  /** Largest over smallest eigenvalue of the regularised system, each by power iteration (from below: at least this). */
  conditioning(): number {
    const start = Matrix.ones(this.#gram.rows, 1)
    const largest = dominant(start, (v) => this.#gram.mmul(v))
    const smallest = 1 / dominant(start, (v) => this.#factor.solve(v))
    return largest / smallest
  }
}

const biasShare = 1e-9
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
  const w = matrix(weights, features, outputs)
  const quadratic = matrix(gram, features, features).mmul(w)
  const c = matrix(cross, features, outputs)
  let error = squares
  for (let i = 0; i < features; i++)
    for (let j = 0; j < outputs; j++) error += w.get(i, j) * (quadratic.get(i, j) - 2 * c.get(i, j))
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

const matrix = (values: Float64Array, rows: number, columns: number): Matrix =>
  Matrix.from1DArray(rows, columns, values)

function meanDiagonal(system: Matrix): number {
  let sum = 0
  for (let i = 0; i < system.rows - 1; i++) sum += system.get(i, i)
  return sum / Math.max(1, system.rows - 1)
}
