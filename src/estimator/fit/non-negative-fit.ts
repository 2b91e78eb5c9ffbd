import { fcnnlsVector } from 'ml-fcnnls'
import { CholeskyDecomposition, Matrix, solve } from 'ml-matrix'

/**
 * Coefficients, none negative, of the terms (`width` of them a row, read through `termsOf`) that fit `latencies` in
 * relative terms: non-negative least squares on rows divided by their latency, through the Gram matrix, so that rows
 * cost no memory.
 */
export function nonNegativeFit(
  rows: number,
  width: number,
  termsOf: (row: number) => ArrayLike<number>,
  latencies: Float64Array,
): Float64Array {
  const gram = Array.from({ length: width }, () => new Float64Array(width))
  const right = new Float64Array(width)
  const relative = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    const term = termsOf(row)
    for (let i = 0; i < width; i++) relative[i] = term[i]! / latencies[row]!
    for (let i = 0; i < width; i++) {
      const a = relative[i]!
      if (a === 0) continue
      right[i]! += a
      const line = gram[i]!
      for (let j = i; j < width; j++) line[j]! += a * relative[j]!
    }
  }
  return solveNonNegative(gram, right, 1e-9)
}

/**
 * Minimises x'Gx - 2r'x over x >= 0 (Bro and de Jong, 1997), G positive semi-definite, of which the upper half is read.
 * `ridge` is added to its diagonal, scaled to 1, so that dependent columns leave it regular.
 */
export function solveNonNegative(gram: readonly Float64Array[], right: Float64Array, ridge: number): Float64Array {
  const active = Array.from({ length: right.length }, (_, a) => a).filter((a) => gram[a]![a]! > 0)
  const scale = active.map((a) => Math.sqrt(gram[a]![a]!))
  const matrix = new Matrix(active.length, active.length)
  active.forEach((a, i) => {
    active.forEach((b, j) => {
      matrix.set(i, j, gram[Math.min(a, b)]![Math.max(a, b)]! / (scale[i]! * scale[j]!) + (i === j ? ridge : 0))
    })
  })
  const solution = new Float64Array(right.length)
  if (active.length === 0) return solution
  // A triangular factor stands for all rows: R'R = G and R'q = r has the same solution.
  const lower = new CholeskyDecomposition(matrix).lowerTriangularMatrix
  const projected = solve(lower, Matrix.columnVector(active.map((a, i) => right[a]! / scale[i]!)))
  const { K } = fcnnlsVector(lower.transpose(), projected.to1DArray(), {
    maxIterations: 50 * active.length,
    gradientTolerance: 1e-9,
  })
  K.to1DArray().forEach((value, i) => {
    solution[active[i]!] = Math.max(0, value) / scale[i]!
  })
  return solution
}
