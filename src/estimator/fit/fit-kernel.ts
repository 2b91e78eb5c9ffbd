import { type EncodedTrees, encodeTrees } from '../boosting/ensemble.js'
import { Corrector, noCorrection } from '../correction.js'
import { type KernelModel, rangeFields } from '../predictor.js'
import type { Measurement } from '../table/fields.js'
import { tableOf } from '../white-box.js'
import { type Companions, CorrectionFitter, type Method } from './fit-correction.js'
import { type FittedWhiteBox, fitWhiteBox } from './fit-white-box.js'
import { foldsByFamily } from './folds.js'
import { fitInterval } from './interval.js'
import { macsBaselines } from './macs-baselines.js'
import { methodsFor } from './methods.js'
import { type ErrorSummary, summarizeErrors } from './statistics.js'

export interface KernelFitOptions {
  readonly processors: number
  readonly seed: number
  /** Rows of a similar kernel that the trees may learn from too. */
  readonly companions?: readonly Measurement[]
  /** Called as the work goes on, with the share that is done. */
  readonly onProgress?: (share: number) => void
}

/**
 * Parts that the families are left out in, and how many of them are. Large tables are cut finer: what is fitted without
 * one part is then nearer to the final fit, and so are its errors, which set the intervals.
 */
function foldsFor(rows: number): { readonly count: number; readonly used: number } {
  if (rows > 20_000) return { count: 8, used: 3 }
  return rows > 3_000 ? { count: 8, used: 8 } : { count: 4, used: 4 }
}

export interface KernelFit {
  readonly model: KernelModel
  /** Milliseconds that the chosen method says of a row, fitted without its family. */
  readonly heldOut: ReadonlyMap<Measurement, number>
}

/** Fits one kind of kernel in one precision; the method is chosen by its error on families of shapes left out. */
export function fitKernel(rows: readonly Measurement[], options: KernelFitOptions): KernelFit {
  const { processors, seed } = options
  const companions = companionsOf(options)
  const heldOut = crossValidate(rows, options, companions)
  const { measured, best, summaries, macsLine, macsPower } = heldOut
  const predicted = heldOut.predicted[best]
  const residuals = measured.map((latency, i) => Math.abs(Math.log(latency / predicted![i]!)))
  const whiteBox = fitWhiteBox(rows, processors)
  const { table, width } = tableOf(heldOut.order, whiteBox.base)
  const interval = fitInterval({ residuals, table, width, families: heldOut.order }, seed)
  const method = heldOut.methods[best]!
  const correction = new CorrectionFitter(rows, whiteBox.base, seed, companions).fit(method) ?? noCorrection
  options.onProgress?.(1)
  const spread: EncodedTrees | null = interval.spread === undefined ? null : encodeTrees(interval.spread)
  const model: KernelModel = {
    kind: rows[0]!.kind,
    precision: rows[0]!.precision,
    rows: rows.length,
    families: new Set(rows.map(({ family }) => family)).size,
    method: method.name,
    whiteBox: [...whiteBox.coefficients],
    opRates: Object.fromEntries(whiteBox.opRates),
    correction,
    spread,
    intervalFactor: interval.factor,
    ranges: rangesOf(rows),
    validation: {
      ...(summaries[best] ?? summarizeErrors([], [])),
      coverage90: interval.coverage,
      macsPowerLaw: summarizeErrors(macsPower, measured),
      macsLine: summarizeErrors(macsLine, measured),
      candidates: Object.fromEntries(heldOut.methods.map(({ name }, i) => [name, summaries[i]?.mape ?? Number.NaN])),
    },
  }
  return { model, heldOut: new Map(heldOut.order.map((row, i) => [row, predicted![i]!])) }
}

interface CrossValidation {
  readonly methods: readonly Method[]
  /** Index of the method with the least mean absolute error. */
  readonly best: number
  readonly summaries: readonly ErrorSummary[]
  /** Rows left out at some time, their latency, and what each method and the baselines said without their families. */
  readonly order: readonly Measurement[]
  readonly measured: Float64Array
  readonly predicted: readonly (readonly number[])[]
  readonly macsLine: readonly number[]
  readonly macsPower: readonly number[]
}

function crossValidate(
  rows: readonly Measurement[],
  { processors, seed, onProgress }: KernelFitOptions,
  companions: Companions | undefined,
): CrossValidation {
  const methods = methodsFor(rows.length)
  const folds = foldsFor(rows.length)
  const foldOf = foldsByFamily(rows, folds.count)
  const used = [...Array(folds.used).keys()]
  const steps = (methods.length + 1) * used.length + 2
  let step = 0
  const order: Measurement[] = []
  const predicted: (number[] | undefined)[] = methods.map(() => [])
  const macsLine: number[] = []
  const macsPower: number[] = []
  for (const fold of used) {
    const train = rows.filter((_, i) => foldOf[i] !== fold)
    const test = rows.filter((_, i) => foldOf[i] === fold)
    if (train.length === 0 || test.length === 0) continue
    order.push(...test)
    const macs = macsBaselines(train)
    for (const row of test) {
      macsLine.push(macs.line(row.macs))
      macsPower.push(macs.power(row.macs))
    }
    const whiteBox = fitWhiteBox(train, processors)
    const fitter = new CorrectionFitter(train, whiteBox.base, seed, companions)
    methods.forEach((method, i) => {
      const list = predicted[i]
      onProgress?.(++step / steps)
      if (list === undefined) return
      const correction = fitter.fit(method)
      // What needs a grid is out as soon as one fold has none.
      if (correction === undefined) predicted[i] = undefined
      else list.push(...predictAll(test, whiteBox, new Corrector(correction)))
    })
  }
  const measured = Float64Array.from(order, ({ latencyMs }) => latencyMs)
  const possible = methods.flatMap((method, i) => {
    const list = predicted[i]
    return list === undefined ? [] : [{ method, list, summary: summarizeErrors(list, measured) }]
  })
  let best = 0
  possible.forEach(({ summary }, i) => {
    if (summary.mape < possible[best]!.summary.mape) best = i
  })
  return {
    methods: possible.map(({ method }) => method),
    best,
    summaries: possible.map(({ summary }) => summary),
    order,
    measured,
    predicted: possible.map(({ list }) => list),
    macsLine,
    macsPower,
  }
}

function predictAll(rows: readonly Measurement[], { base }: FittedWhiteBox, corrector: Corrector): number[] {
  const { table, width } = tableOf(rows, base)
  return rows.map((row, i) =>
    Math.exp(base.evaluate(row) + corrector.at(row, table.subarray(i * width, (i + 1) * width))),
  )
}

function companionsOf({ companions, processors }: KernelFitOptions): Companions | undefined {
  if (companions === undefined || companions.length === 0) return undefined
  return { rows: companions, base: fitWhiteBox(companions, processors).base }
}

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
