import { fcnnlsVector } from 'ml-fcnnls'
import { CholeskyDecomposition, Matrix, solve } from 'ml-matrix'

/**
 * Coefficients, none negative, of the terms (`width` of them a row, read through `termsOf`) that fit `latencies` in relative terms: non-negative least
 * squares on rows divided by their latency (Bro and de Jong, 1997; through the Gram matrix, so rows cost no memory).
 */
export function nonNegativeFit(
  rows: number,
  width: number,
  termsOf: (row: number) => ArrayLike<number>,
  latencies: Float64Array,
): Float64Array {
  const gram = new Matrix(width, width)
  const right = new Float64Array(width)
  const relative = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    const term = termsOf(row)
    for (let i = 0; i < width; i++) relative[i] = term[i]! / latencies[row]!
    for (let i = 0; i < width; i++) {
      const a = relative[i]!
      if (a === 0) continue
      right[i]! += a
      for (let j = i; j < width; j++) gram.set(i, j, gram.get(i, j) + a * relative[j]!)
    }
  }
  const active = Array.from({ length: width }, (_, i) => i).filter((i) => gram.get(i, i) > 0)
  const scale = active.map((i) => Math.sqrt(gram.get(i, i)))
  // A triangular factor of the Gram matrix stands for all rows: R'R x = R'q has the same solution. The tiny ridge keeps it regular.
  const scaled = new Matrix(active.length, active.length)
  active.forEach((i, a) => {
    active.forEach((j, b) => {
      scaled.set(a, b, gram.get(Math.min(i, j), Math.max(i, j)) / (scale[a]! * scale[b]!))
    })
    scaled.set(a, a, scaled.get(a, a) + 1e-9)
  })
  const lower = new CholeskyDecomposition(scaled).lowerTriangularMatrix
  const projected = solve(lower, Matrix.columnVector(active.map((i, a) => right[i]! / scale[a]!)))
  const { K } = fcnnlsVector(lower.transpose(), projected.to1DArray(), {
    maxIterations: 50 * active.length,
    gradientTolerance: 1e-9,
  })
  const solution = K.to1DArray()
  const coefficients = new Float64Array(width)
  active.forEach((i, a) => {
    coefficients[i] = Math.max(0, solution[a]!) / scale[a]!
  })
  return coefficients
}
