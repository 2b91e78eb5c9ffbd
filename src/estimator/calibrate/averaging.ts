import { median } from '../fit/statistics.js'

/** Members that weigh less are left out. */
const leastWeight = 0.02

/** No clock repeats a latency more closely. */
const smallestScale = 1e-4

/**
 * How likely residuals (logarithms of measured over predicted) are under a Cauchy distribution of their own scale: its
 * tails forgive a throttled run, or a kernel that the device runs in another way.
 */
export function logLikelihood(residuals: readonly number[]): number {
  const scale = Math.max(smallestScale, median(residuals.map(Math.abs)))
  return residuals.reduce((sum, r) => sum - Math.log(scale) - Math.log1p((r / scale) ** 2), 0)
}

/**
 * Weights of candidates from the likelihood of samples left out (pseudo-BMA; Yao et al., Bayesian Analysis 2018): few
 * samples do not tell which candidate is best. They sum to 1; hopeless candidates get 0.
 */
export function averagingWeights(likelihoods: readonly number[]): number[] {
  const best = Math.max(...likelihoods)
  const raw = likelihoods.map((likelihood) => Math.exp(likelihood - best))
  const total = raw.reduce((sum, weight) => sum + weight, 0)
  const kept = raw.map((weight) => (weight >= leastWeight * total ? weight : 0))
  const keptTotal = kept.reduce((sum, weight) => sum + weight, 0)
  return kept.map((weight) => weight / keptTotal)
}
