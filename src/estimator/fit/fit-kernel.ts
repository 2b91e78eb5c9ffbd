import { SeededRandom } from '../../runtime/random.js'
import { type BoostedTrees, type BoostOptions, boost } from '../boosting/boost.js'
import { Ensemble, encodeTrees } from '../boosting/ensemble.js'
import { whiteBoxTerms } from '../features.js'
import { type KernelModel, rangeFields, rowOf, type Validation, type WhiteBoxTime, whiteBoxOf } from '../predictor.js'
import type { Measurement } from '../table/fields.js'
import { foldsByFamily } from './folds.js'
import { type ErrorSummary, median, quantile, summarizeErrors } from './statistics.js'
import { fitWhiteBox } from './white-box.js'

export interface KernelFitOptions {
  readonly processors: number
  readonly seed: number
  /** Called as the work goes on, with the share that is done. */
  readonly onProgress?: (share: number) => void
}

interface Candidate {
  readonly name: string
  /** undefined: the white box alone. */
  readonly boost: BoostOptions | undefined
}

const boosted = (maxLeaves: number, rounds: number, minRowsPerLeaf: number, learningRate = 0.08): Candidate => ({
  name: `boosted-${maxLeaves}`,
  boost: { maxLeaves, rounds, minRowsPerLeaf, learningRate, l2: 1, rowShare: 0.7, featureShare: 1 },
})

const whiteBoxAlone: Candidate = { name: 'white-box', boost: undefined }

/** More data carry larger trees; with much data the small ones need not be tried. */
function candidatesFor(rows: number): Candidate[] {
  if (rows > 20_000) return [whiteBoxAlone, boosted(127, 400, 20)]
  if (rows > 1_000) return [whiteBoxAlone, boosted(15, 300, 5), boosted(63, 500, 10)]
  if (rows >= 40) return [whiteBoxAlone, boosted(8, 150, 4, 0.06), boosted(15, 300, 5)]
  return [whiteBoxAlone]
}

const foldCount = 4

/** Fits one kind of kernel in one precision; the method is chosen by its error on families of shapes left out. */
export function fitKernel(rows: readonly Measurement[], options: KernelFitOptions): KernelModel {
  const foldOf = foldsByFamily(rows, foldCount)
  // Half of the folds tell enough where there are many rows.
  const used = rows.length > 20_000 ? [0, 1] : Array.from({ length: foldCount }, (_, fold) => fold)
  const candidates = candidatesFor(rows.length)
  const steps = candidates.length * used.length + 1
  let step = 0
  const advance = () => options.onProgress?.(++step / steps)

  const heldOut: { predicted: Float64Array; row: Float32Array | undefined }[][] = candidates.map(() => [])
  const order: Measurement[] = []
  const macsLine: number[] = []
  const macsPower: number[] = []
  for (const fold of used) {
    const train = rows.filter((_, i) => foldOf[i] !== fold)
    const test = rows.filter((_, i) => foldOf[i] === fold)
    if (train.length === 0 || test.length === 0) continue
    order.push(...test)
    const flops = macsBaselines(train)
    for (const row of test) {
      macsLine.push(flops.line(row.macs))
      macsPower.push(flops.power(row.macs))
    }
    const base = new WhiteBox(train, options.processors)
    const trainTable = base.table(train)
    const testTable = base.table(test)
    candidates.forEach((candidate, c) => {
      const predict = base.boosted(candidate, train, trainTable, options.seed)
      heldOut[c]!.push(
        ...test.map((measurement, i) => {
          const row = testTable.subarray(i * base.width, (i + 1) * base.width)
          return { predicted: Float64Array.of(predict(measurement, row)), row }
        }),
      )
      advance()
    })
  }
  const measured = order.map(({ latencyMs }) => latencyMs)
  const summaries = heldOut.map((list) =>
    summarizeErrors(
      list.map(({ predicted }) => predicted[0]!),
      measured,
    ),
  )
  const best = summaries.length === 0 ? 0 : bestCandidate(summaries)
  const chosen = candidates[best]!
  const residuals = measured.map((latency, i) => Math.abs(Math.log(latency / heldOut[best]![i]!.predicted[0]!)))
  const interval = fitInterval(
    residuals,
    heldOut[best]!.map(({ row }) => row!),
    order,
    options.seed,
  )

  const base = new WhiteBox(rows, options.processors)
  const trees = chosen.boost === undefined ? undefined : base.trees(chosen.boost, rows, base.table(rows), options.seed)
  advance()
  const empty = summarizeErrors([], [])
  return {
    kind: rows[0]!.kind,
    precision: rows[0]!.precision,
    rows: rows.length,
    families: new Set(rows.map(({ family }) => family)).size,
    method: chosen.name,
    whiteBox: [...base.coefficients],
    opRates: Object.fromEntries(base.opRates),
    trees: trees === undefined ? null : encodeTrees(trees),
    spread: interval.spread === undefined ? null : encodeTrees(interval.spread),
    intervalFactor: interval.factor,
    ranges: rangesOf(rows),
    validation: {
      ...(summaries[best] ?? empty),
      coverage90: interval.coverage,
      macsPowerLaw: order.length > 0 ? summarizeErrors(macsPower, measured) : empty,
      macsLine: order.length > 0 ? summarizeErrors(macsLine, measured) : empty,
      candidates: Object.fromEntries(candidates.map(({ name }, c) => [name, summaries[c]?.mape ?? Number.NaN])),
    } satisfies Validation,
  }
}

function bestCandidate(summaries: readonly ErrorSummary[]): number {
  let best = 0
  for (let c = 1; c < summaries.length; c++) if (summaries[c]!.mape < summaries[best]!.mape) best = c
  return best
}

/** The white-box part of a fit: coefficients, rates of operators, and tables on top of them. */
class WhiteBox {
  readonly coefficients: Float64Array
  readonly opRates = new Map<string, number>()
  readonly #processors: number
  width = 0

  constructor(rows: readonly Measurement[], processors: number) {
    this.#processors = processors
    this.coefficients = fitWhiteBox(
      rows.map((row) => whiteBoxTerms(row, processors)),
      Float64Array.from(rows, ({ latencyMs }) => latencyMs),
    )
    const ratios = new Map<string, number[]>()
    for (const row of rows) {
      const list = ratios.get(row.op)
      const ratio = Math.log(row.latencyMs / this.prior(row).total)
      if (list === undefined) ratios.set(row.op, [ratio])
      else list.push(ratio)
    }
    // Few rows of an operator say little about it: its rate is drawn towards 0.
    for (const [op, list] of ratios) this.opRates.set(op, (median(list) * list.length) / (list.length + 3))
    if (this.opRates.size === 1) for (const op of this.opRates.keys()) this.opRates.set(op, 0)
  }

  prior(row: Measurement): WhiteBoxTime {
    return whiteBoxOf(row, this.#processors, this.coefficients)
  }

  /** Features of all rows, rows x width. */
  table(rows: readonly Measurement[]): Float32Array {
    let table: Float32Array | undefined
    rows.forEach((row, i) => {
      const features = rowOf(row, this.#processors, this.opRates.get(row.op) ?? 0, this.prior(row))
      if (table === undefined) {
        this.width = features.length
        table = new Float32Array(rows.length * features.length)
      }
      table.set(features, i * features.length)
    })
    return table ?? new Float32Array(0)
  }

  trees(options: BoostOptions, rows: readonly Measurement[], table: Float32Array, seed: number): BoostedTrees {
    const targets = Float64Array.from(
      rows,
      (row) => Math.log(row.latencyMs / this.prior(row).total) - (this.opRates.get(row.op) ?? 0),
    )
    return boost(table, this.width, targets, options, new SeededRandom(seed))
  }

  /** A candidate fitted to `rows`: milliseconds for a measurement and its features. */
  boosted(
    { boost: options }: Candidate,
    rows: readonly Measurement[],
    table: Float32Array,
    seed: number,
  ): (measurement: Measurement, row: Float32Array) => number {
    const ensemble =
      options === undefined ? undefined : new Ensemble(encodeTrees(this.trees(options, rows, table, seed)))
    return (measurement, row) => {
      const rate = this.opRates.get(measurement.op) ?? 0
      return this.prior(measurement).total * Math.exp(rate + (ensemble?.predict(row) ?? 0))
    }
  }
}

const spreadBoost: BoostOptions = {
  maxLeaves: 15,
  rounds: 60,
  minRowsPerLeaf: 50,
  learningRate: 0.1,
  l2: 20,
  rowShare: 1,
  featureShare: 1,
}

/** Residuals below this are rounding of the clock. */
const leastResidual = 0.003

interface Interval {
  readonly spread: BoostedTrees | undefined
  readonly factor: number
  readonly coverage: number
}

/**
 * Locally weighted split conformal intervals (Lei et al., JASA 2018): the expected size of the error is learned from
 * held-out residuals, and the 90 % quantile of residual over size scales it. Coverage is measured on families that set neither.
 */
function fitInterval(
  residuals: readonly number[],
  rows: readonly Float32Array[],
  measurements: readonly Measurement[],
  seed: number,
): Interval {
  if (residuals.length < 8) return { spread: undefined, factor: Math.log(2), coverage: Number.NaN }
  const foldOf = foldsByFamily(measurements, 2, 'interval')
  const all = residuals.map((_, i) => i)
  let inside = 0
  for (const fold of [0, 1]) {
    const setting = all.filter((i) => foldOf[i] !== fold)
    const checking = all.filter((i) => foldOf[i] === fold)
    if (setting.length === 0) continue
    const { scale, factor } = intervalFrom(setting, residuals, rows, seed)
    for (const i of checking) if (residuals[i]! <= factor * scale(rows[i]!)) inside += 1
  }
  const { spread, factor } = intervalFrom(all, residuals, rows, seed)
  return { spread, factor, coverage: inside / residuals.length }
}

function intervalFrom(
  indices: readonly number[],
  residuals: readonly number[],
  rows: readonly Float32Array[],
  seed: number,
): { spread: BoostedTrees | undefined; scale: (row: Float32Array) => number; factor: number } {
  const size = (i: number) => Math.log(Math.max(residuals[i]!, leastResidual))
  if (indices.length < 200) {
    const sorted = indices.map((i) => residuals[i]!).sort((a, b) => a - b)
    return { spread: undefined, scale: () => 1, factor: conformalQuantile(sorted) }
  }
  const width = rows[0]!.length
  const learn = (part: readonly number[]) => {
    const table = new Float32Array(part.length * width)
    part.forEach((i, k) => {
      table.set(rows[i]!, k * width)
    })
    return boost(table, width, Float64Array.from(part, size), spreadBoost, new SeededRandom(seed))
  }
  // The factor comes from rows that the spread was not learned on.
  const ratios: number[] = []
  for (const half of [0, 1]) {
    const ensemble = new Ensemble(encodeTrees(learn(indices.filter((_, k) => k % 2 !== half))))
    for (const [k, i] of indices.entries())
      if (k % 2 === half) ratios.push(residuals[i]! / Math.exp(ensemble.predict(rows[i]!)))
  }
  const spread = learn(indices)
  const ensemble = new Ensemble(encodeTrees(spread))
  return {
    spread,
    scale: (row) => Math.exp(ensemble.predict(row)),
    factor: conformalQuantile(ratios.sort((a, b) => a - b)),
  }
}

const conformalQuantile = (sorted: readonly number[]): number =>
  quantile(sorted, Math.min(1, (0.9 * (sorted.length + 1)) / sorted.length))

function rangesOf(rows: readonly Measurement[]): Record<string, [number, number]> {
  const ranges: Record<string, [number, number]> = {}
  for (const field of rangeFields) {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (const row of rows) {
      low = Math.min(low, row[field])
      high = Math.max(high, row[field])
    }
    ranges[field] = [low, high]
  }
  return ranges
}

/** What MACs alone say: a straight line, and a power law. */
function macsBaselines(rows: readonly Measurement[]): {
  line: (macs: number) => number
  power: (macs: number) => number
} {
  const line = leastSquares(rows.map(({ macs, latencyMs }) => [macs, latencyMs]))
  const power = leastSquares(rows.map(({ macs, latencyMs }) => [Math.log(Math.max(1, macs)), Math.log(latencyMs)]))
  return {
    line: (macs) => line(macs),
    power: (macs) => Math.exp(power(Math.log(Math.max(1, macs)))),
  }
}

function leastSquares(points: readonly (readonly [x: number, y: number] | number[])[]): (x: number) => number {
  const n = points.length
  const meanX = points.reduce((sum, [x]) => sum + x!, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y!, 0) / n
  let xx = 0
  let xy = 0
  for (const [x, y] of points) {
    xx += (x! - meanX) ** 2
    xy += (x! - meanX) * (y! - meanY)
  }
  const slope = xx === 0 ? 0 : xy / xx
  return (x) => meanY + slope * (x - meanX)
}
