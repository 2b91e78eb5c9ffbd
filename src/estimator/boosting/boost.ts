import type { SeededRandom } from '../../runtime/random.js'
import { binTable } from './bins.js'
import { type Tree, TreeGrower, type TreeOptions } from './tree.js'

export interface BoostOptions extends TreeOptions {
  readonly rounds: number
  readonly learningRate: number
  /** Share of the rows each tree sees. */
  readonly rowShare: number
  /** Share of the features each tree may split on. */
  readonly featureShare: number
}

/** A sum of regression trees over `width` features. */
export interface BoostedTrees {
  readonly width: number
  readonly base: number
  readonly borders: readonly Float64Array[]
  readonly trees: readonly Tree[]
}

/**
 * Gradient boosting with squared loss (Friedman, 2001) on histograms. `table` is rows x width, `targets` has a value a row.
 */
export function boost(
  table: Float32Array,
  width: number,
  targets: Float64Array,
  options: BoostOptions,
  random: SeededRandom,
  weights?: Float64Array,
): BoostedTrees {
  const binned = binTable(table, width)
  const grower = new TreeGrower(binned, options)
  const base = mean(targets, weights)
  const scores = new Float64Array(binned.rows).fill(base)
  const residuals = new Float64Array(binned.rows)
  const { usable } = binned
  const trees: Tree[] = []
  if (usable.length === 0) return { width, base, borders: binned.borders, trees }
  const allRows = Int32Array.from({ length: binned.rows }, (_, row) => row)
  for (let round = 0; round < options.rounds; round++) {
    for (let row = 0; row < binned.rows; row++) residuals[row] = targets[row]! - scores[row]!
    const rows = draw(allRows, options.rowShare, random)
    const features = draw(usable, options.featureShare, random)
    const updates = options.rowShare < 1 ? new Float64Array(binned.rows) : scores
    const tree = grower.grow(residuals, weights, rows, features, options.learningRate, updates)
    if (options.rowShare < 1) addTree(tree, binned.bins, width, scores)
    trees.push(tree)
  }
  return { width, base, borders: binned.borders, trees }
}

/** Adds what `tree` says of every row of a binned table to `scores`. */
function addTree(tree: Tree, bins: Uint8Array, width: number, scores: Float64Array): void {
  const { feature, bin, left, right, values } = tree
  for (let row = 0; row < scores.length; row++) {
    let node = feature.length === 0 ? -1 : 0
    const base = row * width
    while (node >= 0) node = bins[base + feature[node]!]! <= bin[node]! ? left[node]! : right[node]!
    scores[row]! += values[~node]!
  }
}

/** Every element with probability `share`, in order; never none. */
function draw(list: Int32Array, share: number, random: SeededRandom): Int32Array {
  if (share >= 1) return list
  const drawn = list.filter(() => random.uniform() < share)
  return drawn.length > 0 ? drawn : list
}

function mean(targets: Float64Array, weights: Float64Array | undefined): number {
  let sum = 0
  let total = 0
  for (let row = 0; row < targets.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]!
    sum += targets[row]! * weight
    total += weight
  }
  return sum / total
}
