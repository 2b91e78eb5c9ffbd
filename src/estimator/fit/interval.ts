import { SeededRandom } from '../../runtime/random.js'
import { type BinnedTable, binTable } from '../boosting/bins.js'
import { type BoostedTrees, type BoostOptions, boost } from '../boosting/boost.js'
import { Ensemble, encodeTrees } from '../boosting/ensemble.js'
import { foldsByFamily } from './folds.js'
import { conformalQuantile } from './statistics.js'

/** What held-out rows tell of the size of the error. */
export interface HeldOut {
  /** Absolute difference of the logarithms of predicted and measured latency. */
  readonly residuals: Float64Array
  /** What the trees see of each row: rows x width. */
  readonly table: Float32Array
  readonly width: number
  readonly families: readonly { readonly family: string }[]
}

export interface Interval {
  /** Logarithm of the usual size of the error; undefined: the same everywhere. */
  readonly spread: BoostedTrees | undefined
  /** Half the 90 % interval in units of the spread. */
  readonly factor: number
  /** Share of rows inside an interval that was set on other families. */
  readonly coverage: number
}

const spreadBoost: BoostOptions = {
  maxLeaves: 12,
  maxDepth: 4,
  rounds: 24,
  minRowsPerLeaf: 50,
  learningRate: 0.2,
  l2: 20,
  rowShare: 0.5,
  featureShare: 0.3,
}

/** Residuals below this are rounding of the clock. */
const leastResidual = 0.003

/** With fewer rows the spread is taken to be the same everywhere. */
const leastRowsForSpread = 200

/**
 * Locally weighted split conformal intervals (Lei et al., JASA 2018): the expected size of the error is learned from
 * held-out residuals, and the 90 % quantile of residual over size scales it. Coverage is measured on families that set neither.
 */
export function fitInterval(heldOut: HeldOut, seed: number): Interval {
  const { residuals, families } = heldOut
  // Too few to say anything: a factor of two either way.
  if (residuals.length < 8) return { spread: undefined, factor: Math.log(2), coverage: Number.NaN }
  const binned = binTable(heldOut.table, heldOut.width)
  const foldOf = foldsByFamily(families, 2, 'interval')
  const all = Int32Array.from(residuals.keys())
  let inside = 0
  for (const fold of [0, 1]) {
    const setting = all.filter((i) => foldOf[i] !== fold)
    if (setting.length === 0) continue
    const { scales, factor } = intervalFrom(heldOut, binned, setting, seed)
    for (const i of all) if (foldOf[i] === fold && residuals[i]! <= factor * scales(i)) inside += 1
  }
  const { spread, factor } = intervalFrom(heldOut, binned, all, seed)
  return { spread, factor, coverage: inside / residuals.length }
}

function intervalFrom(
  { residuals, table, width, families }: HeldOut,
  binned: BinnedTable,
  indices: Int32Array,
  seed: number,
): { spread: BoostedTrees | undefined; scales: (row: number) => number; factor: number } {
  if (indices.length < leastRowsForSpread) {
    return {
      spread: undefined,
      scales: () => 1,
      factor: conformalQuantile(Float64Array.from(indices, (i) => residuals[i]!).sort()),
    }
  }
  const sizes = residuals.map((residual) => Math.log(Math.max(residual, leastResidual)))
  const learn = (rows: Int32Array) => boost(binned, sizes, spreadBoost, new SeededRandom(seed), rows)
  // The factor comes from families that the spread was not learned on.
  const halfOf = foldsByFamily(families, 2, 'spread')
  const ratios: number[] = []
  for (const half of [0, 1]) {
    const rows = indices.filter((i) => halfOf[i] !== half)
    if (rows.length === 0) continue
    const { scores } = learn(rows)
    for (const i of indices) if (halfOf[i] === half) ratios.push(residuals[i]! / Math.exp(scores[i]!))
  }
  const { trees } = learn(indices)
  const ensemble = new Ensemble(encodeTrees(trees))
  return {
    spread: trees,
    scales: (row) => Math.exp(ensemble.predict(table.subarray(row * width, (row + 1) * width))),
    factor: conformalQuantile(Float64Array.from(ratios).sort()),
  }
}
