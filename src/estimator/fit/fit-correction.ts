import { SeededRandom } from '../../runtime/random.js'
import { binTable } from '../boosting/bins.js'
import { averageTrees, type BoostedTrees, type BoostOptions, boost } from '../boosting/boost.js'
import { encodeTrees } from '../boosting/ensemble.js'
import { type Correction, noCorrection } from '../correction.js'
import { gridOf } from '../kriging/axes.js'
import { type Covariance, fitSurface } from '../kriging/fit-surface.js'
import { encodeSurface } from '../kriging/surface.js'
import type { Measurement } from '../table/fields.js'
import { tableOf, type WhiteBox } from '../white-box.js'
import { foldsByFamily } from './folds.js'

/** A way to correct the white box: trees, and a surface over what share of the trees' correction leaves. */
export interface Method {
  readonly name: string
  readonly boost?: BoostOptions
  readonly kriging?: KrigingOptions
}

export interface KrigingOptions {
  /** How much of the trees' correction is taken; the surface takes over the rest. */
  readonly treeShare: number
  readonly covariance: Covariance
}

/** Ensembles that are averaged, each grown without one part of the families. */
const bags = 4

/** Everything that the corrections of one set of rows have in common; the trees of a set of options are grown once. */
export class CorrectionFitter {
  readonly #rows: readonly Measurement[]
  readonly #seed: number
  readonly #base: WhiteBox
  /** Logarithm of measured over white-box latency. */
  readonly #targets: Float64Array
  readonly #companions: Companions | undefined
  #grown: { options: BoostOptions; trees: BoostedTrees; outOfBag: Float64Array } | undefined

  /** `companions`: rows of a kernel like this one, which the trees learn from too. */
  constructor(rows: readonly Measurement[], base: WhiteBox, seed: number, companions?: Companions) {
    this.#rows = rows
    this.#seed = seed
    this.#base = base
    this.#companions = companions
    this.#targets = Float64Array.from(rows, (row) => Math.log(row.latencyMs) - base.evaluate(row))
  }

  /** undefined: the method needs a grid, and these rows form none. */
  fit({ boost: options, kriging }: Method): Correction | undefined {
    if (options === undefined) return noCorrection
    const { trees, outOfBag } = this.#grow(options)
    if (kriging === undefined) return { trees: encodeTrees(trees), surface: null }
    const grid = gridOf(this.#rows)
    if (grid === undefined) return undefined
    const { treeShare, covariance } = kriging
    const left = this.#targets.map((target, i) => target - treeShare * outOfBag[i]!)
    return {
      trees: treeShare === 0 ? null : encodeTrees(averageTrees([trees], treeShare)),
      surface: encodeSurface(fitSurface(grid, left, covariance)),
    }
  }

  /** Bagged trees, and for every row the prediction of those that did not see its family. */
  #grow(options: BoostOptions): { trees: BoostedTrees; outOfBag: Float64Array } {
    if (this.#grown?.options === options) return this.#grown
    const own = this.#rows.length
    const all = [...this.#rows, ...(this.#companions?.rows ?? [])]
    const targets = new Float64Array(all.length)
    targets.set(this.#targets)
    const { table, width } = tableOf(this.#rows, this.#base)
    const whole = new Float32Array(all.length * width)
    whole.set(table)
    if (this.#companions !== undefined) {
      const { rows, base } = this.#companions
      whole.set(tableOf(rows, base).table, own * width)
      rows.forEach((row, i) => {
        targets[own + i] = Math.log(row.latencyMs) - base.evaluate(row)
      })
    }
    const binned = binTable(whole, width)
    const bagOf = foldsByFamily(all, bags, 'bags')
    const outOfBag = new Float64Array(own)
    const ensembles = Array.from({ length: bags }, (_, bag) => {
      const rows = Int32Array.from(all.keys()).filter((row) => bagOf[row] !== bag)
      const { trees, scores } = boost(binned, targets, options, new SeededRandom(this.#seed + bag), rows)
      for (let row = 0; row < own; row++) if (bagOf[row] === bag) outOfBag[row] = scores[row]!
      return trees
    })
    this.#grown = { options, trees: averageTrees(ensembles), outOfBag }
    return this.#grown
  }
}

export interface Companions {
  readonly rows: readonly Measurement[]
  readonly base: WhiteBox
}
