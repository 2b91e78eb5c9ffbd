import type { SeededRandom } from '../../runtime/random.js'
import type { BinnedTable } from './bins.js'
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

/** Boosted trees and what they say of every row of the table, rows they were not grown on included. */
export interface Boosted {
  readonly trees: BoostedTrees
  readonly scores: Float64Array
}

/**
 * Gradient boosting with squared loss (Friedman, 2001) on histograms, grown on `rows` of `table` (indices; all without).
 * `targets` has a value for each row of the table.
 */
export function boost(
  table: BinnedTable,
  targets: Float64Array,
  options: BoostOptions,
  random: SeededRandom,
  rows: Int32Array = Int32Array.from(targets, (_, row) => row),
): Boosted {
  const { width, borders, usable } = table
  let sum = 0
  for (const row of rows) sum += targets[row]!
  const base = rows.length === 0 ? 0 : sum / rows.length
  const scores = new Float64Array(table.rows).fill(base)
  const trees: Tree[] = []
  if (usable.length === 0 || rows.length === 0) return { trees: { width, base, borders, trees }, scores }
  const grower = new TreeGrower(table, options)
  const residuals = new Float64Array(table.rows)
  for (let round = 0; round < options.rounds; round++) {
    for (let row = 0; row < table.rows; row++) residuals[row] = targets[row]! - scores[row]!
    const drawn = draw(rows, options.rowShare, random)
    const tree = grower.grow(residuals, drawn, draw(usable, options.featureShare, random), options.learningRate)
    addTree(tree, table, scores)
    trees.push(tree)
  }
  return { trees: { width, base, borders, trees }, scores }
}

/**
 * The mean of several ensembles over one table as a single one: their leaves divided by their number. Averaging fits to
 * different families takes out much of the variance of one (bagging; Breiman, 1996).
 */
export function averageTrees(ensembles: readonly BoostedTrees[], scale = 1): BoostedTrees {
  const share = scale / ensembles.length
  const [first] = ensembles
  return {
    width: first!.width,
    borders: first!.borders,
    base: ensembles.reduce((sum, { base }) => sum + base * share, 0),
    trees: ensembles.flatMap(({ trees }) =>
      trees.map((tree) => ({ ...tree, values: tree.values.map((value) => value * share) })),
    ),
  }
}

/** Adds what `tree` says of every row of a binned table to `scores`. */
function addTree(
  { feature, bin, left, right, values }: Tree,
  { bins, width }: BinnedTable,
  scores: Float64Array,
): void {
  const root = feature.length === 0 ? -1 : 0
  for (let row = 0; row < scores.length; row++) {
    let node = root
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
