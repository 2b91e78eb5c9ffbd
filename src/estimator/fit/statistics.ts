/** Linear interpolation between order statistics of an ascending list; NaN for none. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN
  const at = p * (sorted.length - 1)
  const low = sorted[Math.floor(at)]!
  const high = sorted[Math.ceil(at)]!
  return low + (high - low) * (at - Math.floor(at))
}

/** The value that a further residual stays below with 90 % (split conformal; Vovk et al., 2005), of an ascending list. */
export const conformalQuantile = (sorted: ArrayLike<number>): number =>
  quantile(sorted, Math.min(1, (0.9 * (sorted.length + 1)) / sorted.length))

export const median = (values: ArrayLike<number>): number => quantile(Float64Array.from(values).sort(), 0.5)

/** How predictions compare with measurements; errors relative to the measurement. */
export interface ErrorSummary {
  readonly count: number
  /** Mean absolute error, per cent. */
  readonly mape: number
  /** Root of the mean squared error, per cent. */
  readonly rmspe: number
  /** Share of rows within 5 and 10 % of the measurement. */
  readonly within5: number
  readonly within10: number
  readonly kendallTau: number
}

export function summarizeErrors(predicted: ArrayLike<number>, measured: ArrayLike<number>): ErrorSummary {
  const count = measured.length
  let absolute = 0
  let squared = 0
  let within5 = 0
  let within10 = 0
  for (let i = 0; i < count; i++) {
    const error = Math.abs(predicted[i]! / measured[i]! - 1)
    absolute += error
    squared += error * error
    if (error <= 0.05) within5 += 1
    if (error <= 0.1) within10 += 1
  }
  return {
    count,
    mape: (100 * absolute) / count,
    rmspe: 100 * Math.sqrt(squared / count),
    within5: within5 / count,
    within10: within10 / count,
    kendallTau: kendallTau(predicted, measured),
  }
}

/** Kendall's tau-b: agreement of two rankings, corrected for ties, in O(n log n) (Knight, JASA 1966). NaN if one is constant. */
export function kendallTau(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length
  const order = Int32Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i]! - a[j]! || b[i]! - b[j]!)
  const pairs = (n * (n - 1)) / 2
  let tiesA = 0
  let tiesBoth = 0
  let runA = 1
  let runBoth = 1
  for (let k = 1; k <= n; k++) {
    const sameA = k < n && a[order[k]!] === a[order[k - 1]!]
    const sameBoth = sameA && b[order[k]!] === b[order[k - 1]!]
    if (sameBoth) runBoth += 1
    else {
      tiesBoth += (runBoth * (runBoth - 1)) / 2
      runBoth = 1
    }
    if (sameA) runA += 1
    else {
      tiesA += (runA * (runA - 1)) / 2
      runA = 1
    }
  }
  const sequence = Float64Array.from(order, (i) => b[i]!)
  const swaps = countInversions(sequence, new Float64Array(n), 0, n)
  let tiesB = 0
  let runB = 1
  for (let k = 1; k <= n; k++) {
    if (k < n && sequence[k] === sequence[k - 1]) runB += 1
    else {
      tiesB += (runB * (runB - 1)) / 2
      runB = 1
    }
  }
  const difference = pairs - tiesA - tiesB + tiesBoth - 2 * swaps
  return difference / Math.sqrt((pairs - tiesA) * (pairs - tiesB))
}

/** Pairs in the wrong order within [start, end); leaves the range sorted. */
function countInversions(list: Float64Array, scratch: Float64Array, start: number, end: number): number {
  if (end - start < 2) return 0
  const middle = (start + end) >> 1
  let count = countInversions(list, scratch, start, middle) + countInversions(list, scratch, middle, end)
  let left = start
  let right = middle
  for (let k = start; k < end; k++) {
    if (left < middle && (right >= end || list[left]! <= list[right]!)) scratch[k] = list[left++]!
    else {
      scratch[k] = list[right++]!
      count += middle - left
    }
  }
  list.set(scratch.subarray(start, end), start)
  return count
}
