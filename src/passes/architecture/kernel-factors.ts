import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** Taps along each side of a factor. */
export const tile = 3

/** Alternations that every start gets, and steps for both factors at once. */
const [alternations, steps] = [4, 40]

/** Share of a kernel's energy that nobody misses. */
const negligibleShare = 1e-14

/** Share of the diagonal that keeps the solves regular: of one factor, and of both. */
const [ridge, leastDamping] = [1e-10, 1e-8]

/** 3x3 kernels whose product (convolution) is near a square kernel of odd `size`, row-major. */
export function factorised(kernel: Float64Array, size: number): Float64Array[] {
  if (size === tile) return [kernel]
  const [rest, last] = twoFactors(kernel, size)
  return [...factorised(rest, size - tile + 1), last]
}

/** The product of two square kernels: what both in a row do. */
export function convolved(a: Float64Array, b: Float64Array): Float64Array {
  const [sizeA, sizeB] = [Math.sqrt(a.length), Math.sqrt(b.length)]
  const full = sizeA + sizeB - 1
  const product = new Float64Array(full * full)
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const y = Math.floor(i / sizeA) + Math.floor(j / sizeB)
      product[y * full + (i % sizeA) + (j % sizeB)]! += a[i]! * b[j]!
    }
  }
  return product
}

interface Factors {
  readonly first: Float64Array
  readonly second: Float64Array
  /** Squared distance of the product from the kernel. */
  readonly distance: number
}

/** Smoothing, first and second difference: the kernels that trained ones are mixtures of. */
const profiles = [
  [1, 2, 1],
  [1, 0, -1],
  [1, -2, 1],
] as const

const starts = profiles.flatMap((column) =>
  profiles.map((row) => Float64Array.from(column.flatMap((y) => row.map((x) => (y * x) / 4)))),
)

/**
 * kernel ~ first * second, the second 3x3: least squares for one, then for the other, then for both, from several starts, since
 * it may come to rest away from the best. Of 100 products of random 3x3 kernels 99 were found again.
 */
function twoFactors(kernel: Float64Array, size: number): [Float64Array, Float64Array] {
  const inner = size - tile + 1
  if (kernel.every((value) => value === 0)) return [new Float64Array(inner * inner), starts[0]!]
  const enough = negligibleShare * kernel.reduce((sum, value) => sum + value * value, 0)
  let best: Factors | undefined
  for (const start of starts) {
    const found = polished(kernel, alternated(kernel, start, inner), enough)
    if (best === undefined || found.distance < best.distance) best = found
    if (best.distance <= enough) break
  }
  return [best!.first, best!.second]
}

function alternated(kernel: Float64Array, start: Float64Array, inner: number): Factors {
  let second = start
  let first = second
  for (let round = 0; round < alternations; round++) {
    first = leastSquares(productMatrix(second, inner), kernel, ridge)
    second = leastSquares(productMatrix(first, tile), kernel, ridge)
  }
  return measured(kernel, first, second)
}

/** Levenberg-Marquardt over the entries of both factors. */
function polished(kernel: Float64Array, start: Factors, enough: number): Factors {
  let best = start
  let damping = 1e-2
  for (let step = 0; step < steps && damping < 1 && best.distance > enough; step++) {
    const { first, second } = best
    const product = convolved(first, second)
    const residual = kernel.map((value, i) => value - product[i]!)
    const jacobian = besides(productMatrix(second, Math.sqrt(first.length)), productMatrix(first, tile))
    const change = leastSquares(jacobian, residual, damping)
    const next = measured(
      kernel,
      first.map((value, i) => value + change[i]!),
      second.map((value, i) => value + change[first.length + i]!),
    )
    if (next.distance < best.distance) best = next
    // Some is always needed: what one factor gains in scale the other may lose.
    damping = next === best ? Math.max(damping * 0.2, leastDamping) : damping * 5
  }
  return best
}

function measured(kernel: Float64Array, first: Float64Array, second: Float64Array): Factors {
  const distance = convolved(first, second).reduce((sum, value, i) => sum + (value - kernel[i]!) ** 2, 0)
  return { first, second, distance }
}

/** The matrix that takes a kernel of `size` x `size` to its product with the given one. */
function productMatrix(given: Float64Array, size: number): Matrix {
  const side = Math.sqrt(given.length)
  const full = side + size - 1
  const matrix = Matrix.zeros(full * full, size * size)
  for (let b = 0; b < size * size; b++) {
    const [y, x] = [Math.floor(b / size), b % size]
    for (let a = 0; a < given.length; a++) {
      matrix.set((Math.floor(a / side) + y) * full + (a % side) + x, b, given[a]!)
    }
  }
  return matrix
}

function besides(left: Matrix, right: Matrix): Matrix {
  const joined = Matrix.zeros(left.rows, left.columns + right.columns)
  joined.setSubMatrix(left, 0, 0)
  joined.setSubMatrix(right, 0, left.columns)
  return joined
}

/** Ridge regression; `share` of the mean diagonal is added to it. */
function leastSquares(matrix: Matrix, target: Float64Array, share: number): Float64Array {
  const transposed = matrix.transpose()
  const gram = transposed.mmul(matrix)
  const slack = Math.max(share * (gram.trace() / gram.rows), Number.MIN_VALUE)
  for (let i = 0; i < gram.rows; i++) gram.set(i, i, gram.get(i, i) + slack)
  const right = transposed.mmul(Matrix.columnVector(Array.from(target)))
  return Float64Array.from(new CholeskyDecomposition(gram).solve(right).to1DArray())
}
