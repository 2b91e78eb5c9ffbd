import { Tensor } from '../ir/tensor.js'
import type { Runtime } from '../runtime/session.js'
import type { Bounds } from './activation-chain.js'
import type { Rows } from './feature-rows.js'
import { type NormalEquations, type RowProducts, smallNormalEquations } from './normal-equations.js'
import { weightsTensor } from './product-graph.js'
import { ResidentRows } from './resident-rows.js'
import { joined, Ridge, relativeError, someOutputs } from './ridge.js'

/** Candidates for the ridge, relative to the mean diagonal of the Gram matrix; held-out samples choose. */
const regularisations = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
/** Steps of majorise and minimise for the error behind the activation. */
const activationSteps = 6
/** Columns that the ridge is chosen by. */
const judgedOutputs = 32
/** Systems of no more features than this are summed up in place. */
const smallSystem = 64
/** Products of features and targets, over all rows, that are quicker than a session is opened. */
const smallProduct = 4e6

export interface SplitRows {
  readonly kept: readonly Rows[]
  readonly heldOut: readonly Rows[]
}

export interface LayerFit {
  readonly weights: Float64Array
  readonly ridge: Ridge
  readonly regularisation: number
}

/** Solves for layers from rows of features and targets. */
export class LayerSolver {
  readonly #runtime: Runtime
  readonly #threads: number
  readonly #products: RowProducts

  constructor(runtime: Runtime, threads: number, products: RowProducts) {
    this.#runtime = runtime
    this.#threads = threads
    this.#products = products
  }

  equations(chunks: readonly Rows[]): Promise<NormalEquations> | NormalEquations {
    const features = chunks[0]!.features.length / chunks[0]!.count
    const isSmall = features <= smallSystem && chunks.length === 1
    return isSmall ? smallNormalEquations(chunks[0]!) : this.#products.normalEquations(chunks)
  }

  /**
   * Ridge regression towards present weights, regularisation chosen by held-out rows, then solved with all of them; behind an
   * activation that clips, the error behind it is made least. `known`: the equations of the rows that are kept, where somebody has them. undefined: held-out
   * rows are better off with what there is.
   */
  async fit(
    rows: SplitRows,
    present: Float64Array,
    bounds: Bounds | undefined,
    known?: NormalEquations,
  ): Promise<LayerFit | undefined> {
    const equations = known ?? (await this.equations(rows.kept))
    const held = await this.equations(rows.heldOut)
    const { regularisation, error } = chooseRegularisation(equations, held, present)
    if (!(error < relativeError(held, present))) return undefined
    const all = joined(equations, held)
    const ridge = new Ridge(all, regularisation)
    let weights = ridge.solve(all.cross, present)
    if (bounds !== undefined)
      weights = await this.#behindBounds([...rows.kept, ...rows.heldOut], ridge, weights, present, bounds)
    return { weights, ridge, regularisation }
  }

  /**
   * Majorise and minimise: the targets are the rows' own, save where target and result lie beyond the same bound of the
   * activation: there the result is as good, since the activation hides the difference.
   */
  async #behindBounds(
    rows: readonly Rows[],
    ridge: Ridge,
    start: Float64Array,
    present: Float64Array,
    bounds: Bounds,
  ): Promise<Float64Array> {
    const features = rows[0]!.features.length / rows[0]!.count
    const outputs = start.length / features
    if (rows.reduce((sum, { targets }) => sum + targets.length * features, 0) <= smallProduct)
      return behindBoundsInPlace(rows, ridge, start, present, bounds)
    const resident = await ResidentRows.load(this.#runtime, this.#threads, rows, 17, (g, x, y) => {
      let z = y
      const result = g.op('MatMul', [x, g.input('w', 'float32', ['features', 'outputs'])])
      const [low, high] = bounds.map((bound) => g.constant(Tensor.float32([bound], [])))
      if (Number.isFinite(bounds[0])) z = g.op('Where', [g.op('LessOrEqual', [y, low]), g.op('Min', [result, low]), z])
      if (Number.isFinite(bounds[1]))
        z = g.op('Where', [g.op('GreaterOrEqual', [y, high]), g.op('Max', [result, high]), z])
      g.output(g.op('Gemm', [x, z], { transA: 1 }), 'cross')
    })
    try {
      let weights = start
      for (let step = 0; step < activationSteps; step++) {
        const sums = await resident.sums({ w: weightsTensor(weights, [features, outputs]) })
        weights = ridge.solve(sums.get('cross')!, present)
      }
      return weights
    } finally {
      await resident.release()
    }
  }
}

/** Of the candidates the one with the least error on held-out rows. */
export function chooseRegularisation(
  equations: NormalEquations,
  held: NormalEquations,
  present: Float64Array,
): { readonly regularisation: number; readonly error: number } {
  const some = someOutputs(equations, judgedOutputs)
  const judge = someOutputs(held, judgedOutputs)
  const start = someOutputs({ ...equations, cross: present }, judgedOutputs).cross
  const offset = relativeError(judge, start)
  const isAll = some.outputs === equations.outputs
  let best = { regularisation: regularisations[0]!, error: Number.POSITIVE_INFINITY }
  for (const regularisation of regularisations) {
    const error = relativeError(judge, new Ridge(some, regularisation).solve(some.cross, start))
    if (error < best.error) best = { regularisation, error }
  }
  // Of some of the columns only the difference to the present weights is known.
  return isAll ? best : { ...best, error: relativeError(held, present) + best.error - offset }
}

function behindBoundsInPlace(
  rows: readonly Rows[],
  ridge: Ridge,
  start: Float64Array,
  present: Float64Array,
  [low, high]: Bounds,
): Float64Array {
  let weights = start
  for (let step = 0; step < activationSteps; step++) {
    const cross = new Float64Array(weights.length)
    for (const { count, features: x, targets: y } of rows) {
      const [features, outputs] = [x.length / count, y.length / count]
      for (let n = 0; n < count; n++) {
        for (let o = 0; o < outputs; o++) {
          let result = 0
          for (let i = 0; i < features; i++) result += x[n * features + i]! * weights[i * outputs + o]!
          const target = y[n * outputs + o]!
          const z = target <= low ? Math.min(result, low) : target >= high ? Math.max(result, high) : target
          for (let i = 0; i < features; i++) cross[i * outputs + o]! += x[n * features + i]! * z
        }
      }
    }
    weights = ridge.solve(cross, present)
  }
  return weights
}
