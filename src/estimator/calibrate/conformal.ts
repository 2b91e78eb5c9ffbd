import { quantile } from '../fit/statistics.js'

/** The value that a further residual stays below with 90 % (split conformal; Vovk et al., 2005), of an ascending list. */
export const conformalQuantile = (sorted: ArrayLike<number>): number =>
  quantile(sorted, Math.min(1, (0.9 * (sorted.length + 1)) / sorted.length))
