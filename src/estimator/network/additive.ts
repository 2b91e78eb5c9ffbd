import { fcnnlsVector } from 'ml-fcnnls'
import { CholeskyDecomposition, Matrix, solve } from 'ml-matrix'
import { median } from '../fit/statistics.js'

/** What is believed of the costs before a sample is seen. */
export interface CostPrior {
  /** Costs on a sibling device; only their proportions count. A cost of 0 is believed to be 0. */
  readonly costs: ArrayLike<number>
  /** How many samples of perfect fit each proportion is worth. */
  readonly strength: number
}

/** Share of the median latency under which errors count as absolute. */
const leastShare = 0.02

/** Errors of samples below this many milliseconds are taken relative to it: there a clock says little. */
export const leastCounted = (latenciesMs: ArrayLike<number>): number => leastShare * median(latenciesMs)

/** A fit is good enough to be called exact below this relative error. */
const exact = 1e-4

/** Most rounds of reweighting, and the relative change of all costs that ends them sooner. */
const rounds = 25
const settled = 1e-5

/**
 * Latency as a sum of costs, none negative: minimises the Huber loss of relative errors (Huber, 1964) plus
 * strength * (cost / (scale * prior) - 1)^2 for each cost, by reweighted non-negative least squares. A device that now
 * and then runs slower or faster by a third (clock, heat) moves the fit little.
 * `features` is samples x width.
 */
export function fitAdditive(
  features: readonly ArrayLike<number>[],
  latenciesMs: ArrayLike<number>,
  prior?: CostPrior,
): Float64Array {
  const count = features.length
  const width = features[0]?.length ?? 0
  const leastMs = leastCounted(latenciesMs)
  const unit = Float64Array.from(latenciesMs, (latency) => 1 / Math.max(latency, leastMs))
  const weights = new Float64Array(count).fill(1)
  const believed = prior === undefined ? undefined : scaled(prior.costs, features, latenciesMs, leastMs)
  let costs: Float64Array = new Float64Array(width)
  for (let round = 0; round < rounds; round++) {
    const gram = Array.from({ length: width }, () => new Float64Array(width))
    const right = new Float64Array(width)
    for (let i = 0; i < count; i++) {
      const row = features[i]!
      const weight = weights[i]! * unit[i]! ** 2
      for (let a = 0; a < width; a++) {
        const value = row[a]! * weight
        if (value === 0) continue
        right[a]! += value * latenciesMs[i]!
        for (let b = a; b < width; b++) gram[a]![b]! += value * row[b]!
      }
    }
    believed?.forEach((cost, a) => {
      const smallest = 1e-3 * Math.max(...believed)
      gram[a]![a]! += prior!.strength / Math.max(cost, smallest) ** 2
      right[a]! += (prior!.strength * cost) / Math.max(cost, smallest) ** 2
    })
    const before = costs
    costs = solveNonNegative(gram, right)
    if (costs.every((cost, a) => Math.abs(cost - before[a]!) <= settled * cost)) break
    const errors = Float64Array.from(features, (row, i) => Math.abs(dot(row, costs) - latenciesMs[i]!) * unit[i]!)
    const usual = Math.max(exact, median(errors))
    for (let i = 0; i < count; i++) weights[i] = Math.min(1, usual / Math.max(errors[i]!, exact))
  }
  return costs
}

/** The prior in this device's milliseconds: scaled so that half of the samples are slower than it says. */
function scaled(
  costs: ArrayLike<number>,
  features: readonly ArrayLike<number>[],
  latenciesMs: ArrayLike<number>,
  leastMs: number,
): Float64Array {
  const ratios: number[] = []
  features.forEach((row, i) => {
    const believed = dot(row, costs)
    if (latenciesMs[i]! >= leastMs && believed > 0) ratios.push(latenciesMs[i]! / believed)
  })
  const scale = ratios.length > 0 ? median(ratios) : 1
  return Float64Array.from(costs, (cost) => cost * scale)
}

/** Minimises x'Gx - 2r'x over x >= 0 (Bro and de Jong, 1997), G positive semi-definite, of which the upper half is read. */
export function solveNonNegative(gram: readonly Float64Array[], right: Float64Array): Float64Array {
  const active = Array.from({ length: right.length }, (_, a) => a).filter((a) => gram[a]![a]! > 0)
  const scale = active.map((a) => Math.sqrt(gram[a]![a]!))
  const matrix = new Matrix(active.length, active.length)
  active.forEach((a, i) => {
    active.forEach((b, j) => {
      // The tiny ridge keeps a Gram matrix of dependent columns regular.
      matrix.set(i, j, gram[Math.min(a, b)]![Math.max(a, b)]! / (scale[i]! * scale[j]!) + (i === j ? 1e-10 : 0))
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

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
