/** Feature values of a table as small integers, a row after the other: building histograms reads whole rows. */
export interface BinnedTable {
  readonly rows: number
  readonly width: number
  /** rows x width; value v of feature f falls into the number of borders that are below v. */
  readonly bins: Uint8Array
  /** Per feature, ascending; at most 255 of them. */
  readonly borders: readonly Float64Array[]
  /** Features that vary and are not the same as an earlier one. */
  readonly usable: Int32Array
}

const maxBins = 256

/** Cuts every feature where the values of `table` (rows x width) change, or at its quantiles if there are too many. */
export function binTable(table: Float32Array, width: number): BinnedTable {
  const rows = table.length / width
  const bins = new Uint8Array(rows * width)
  const borders: Float64Array[] = []
  const column = new Float64Array(rows)
  for (let feature = 0; feature < width; feature++) {
    for (let row = 0; row < rows; row++) column[row] = table[row * width + feature]!
    const cuts = bordersOf(column)
    borders.push(cuts)
    for (let row = 0; row < rows; row++) bins[row * width + feature] = binOf(cuts, column[row]!)
  }
  return { rows, width, bins, borders, usable: usableFeatures(rows, width, bins, borders) }
}

function usableFeatures(rows: number, width: number, bins: Uint8Array, borders: readonly Float64Array[]): Int32Array {
  const usable: number[] = []
  const isSame = (a: number, b: number) => {
    for (let row = 0; row < rows; row++) if (bins[row * width + a] !== bins[row * width + b]) return false
    return true
  }
  for (let feature = 0; feature < width; feature++) {
    const { length } = borders[feature]!
    if (length > 0 && !usable.some((other) => borders[other]!.length === length && isSame(other, feature)))
      usable.push(feature)
  }
  return Int32Array.from(usable)
}

/** Number of borders below `value`. */
export function binOf(borders: Float64Array, value: number): number {
  let low = 0
  let high = borders.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value > borders[middle]!) low = middle + 1
    else high = middle
  }
  return low
}

function bordersOf(column: Float64Array): Float64Array {
  const sorted = Float64Array.from(column).sort()
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1])
  if (distinct.length <= maxBins) {
    // Half way, so that a value near a known one falls on its side.
    return distinct.subarray(1).map((value, i) => (value + distinct[i]!) / 2)
  }
  const cuts = new Set<number>()
  for (let bin = 1; bin < maxBins; bin++) {
    const at = Math.floor((bin * sorted.length) / maxBins)
    if (sorted[at]! > sorted[0]!) cuts.add((sorted[at]! + below(sorted, at)) / 2)
  }
  return Float64Array.from(cuts).sort()
}

/** The next smaller value before position `at`. */
function below(sorted: Float64Array, at: number): number {
  let i = at - 1
  while (i > 0 && sorted[i] === sorted[at]) i--
  return sorted[i]!
}
