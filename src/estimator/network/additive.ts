import { solveNonNegative } from '../fit/non-negative-fit.js'
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

/** Keeps a Gram matrix of dependent columns regular; of its diagonal, scaled to 1. */
const regularity = 1e-10

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
    costs = solveNonNegative(gram, right, regularity)
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

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
