import { type BootstrapOptions, type Interval, percentileInterval, resampled } from '../../accuracy/bootstrap.js'
import { kendallTau } from '../../estimator/fit/statistics.js'

/** How well a list ranks things that another one measures. */
export interface RankCorrelation {
  /** Kendall's tau-b. */
  readonly tau: number
  readonly tauInterval: Interval
  readonly rho: number
}

/** Ranks from 1; equal values have the mean of theirs. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => compare(values[a]!, values[b]!))
  const ranks = new Float64Array(values.length)
  for (let first = 0; first < order.length; ) {
    let last = first
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last += 1
    for (let k = first; k <= last; k++) ranks[order[k]!] = 1 + (first + last) / 2
    first = last + 1
  }
  return ranks
}

/** Infinities are equal to themselves. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)

/** Spearman's rho, the correlation of ranks; NaN if one list is constant. Source: Spearman 1904. */
export function spearmanRho(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [x, y] = [ranksOf(a), ranksOf(b)]
  const mean = (x.length + 1) / 2
  let [product, left, right] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    product += (x[i]! - mean) * (y[i]! - mean)
    left += (x[i]! - mean) ** 2
    right += (y[i]! - mean) ** 2
  }
  return product / Math.sqrt(left * right)
}

/** Tau with an interval over resamples of what was measured, and rho. Infinite values rank like any other. */
export function rankCorrelation(
  guessed: ArrayLike<number>,
  measured: ArrayLike<number>,
  options: BootstrapOptions = {},
): RankCorrelation {
  const [a, b] = [ranksOf(guessed), ranksOf(measured)]
  const [taus] = resampled([(weights) => weightedTau(a, b, weights)], measured.length, options)
  return { tau: kendallTau(a, b), tauInterval: percentileInterval(taus!), rho: spearmanRho(guessed, measured) }
}

/** By how much the first list ranks better than the second, over the same resamples: the interval of the difference of taus. */
export function tauGainInterval(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  measured: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  const [a, b, c] = [ranksOf(first), ranksOf(second), ranksOf(measured)]
  const gain = (weights: ArrayLike<number>) => weightedTau(a, c, weights) - weightedTau(b, c, weights)
  return percentileInterval(resampled([gain], measured.length, options)[0]!)
}

/** Each pair of values as often as its weight says. */
function weightedTau(a: Float64Array, b: Float64Array, weights: ArrayLike<number>): number {
  const drawn = Array.from(a.keys()).flatMap((i) => new Array<number>(weights[i]!).fill(i))
  return kendallTau(
    drawn.map((i) => a[i]!),
    drawn.map((i) => b[i]!),
  )
}
