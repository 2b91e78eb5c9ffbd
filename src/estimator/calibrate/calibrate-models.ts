import type { KernelShape } from '../../hw/shape.js'
import { conformalQuantile, median } from '../fit/statistics.js'
import { dot, fitAdditive } from '../network/additive.js'
import type { Predictor } from '../predictor.js'
import { averagingWeights, logLikelihood } from './averaging.js'
import type { Calibration, ScaledBase } from './calibration.js'

/** A whole model with its latency on the device. */
export interface MeasuredModel {
  readonly name: string
  readonly kernels: readonly { readonly shape: KernelShape; readonly repeats: number }[]
  readonly latencyMs: number
  /** What the predictor adds to its kernels for this model: the call of a runtime, traffic between kernels. 0 by default. */
  readonly restMs?: number
}

export interface CalibrateModelsOptions {
  readonly device: string
  readonly data: Calibration['data']
  /** What the predictor multiplies each kernel with inside a model; 1 by default. */
  readonly kernelFactor?: number
}

/** A model as a sum: milliseconds in each kind of kernel by the predictor, and how many kernels run. */
interface Row {
  readonly latencyMs: number
  readonly ownMs: number
  readonly byKind: readonly number[]
  readonly calls: number
  readonly restMs: number
}

/** What the parts of a row are multiplied with. */
interface Factors {
  readonly byKind: readonly number[]
  readonly other: number
  readonly callMs: number
  readonly rest: number
}

interface Candidate {
  readonly method: string
  readonly fit: (rows: readonly Row[]) => Factors
}

/** With more models than this they are left out in groups. */
const mostFolds = 20

/** How many models the belief that all kinds scale alike is worth. */
const strengths = [0.03, 0.3] as const

/** Share of a usual kernel's time that a call is believed to differ by. */
const callShare = 0.05

/**
 * Learns a factor for each kind of kernel, and a time for each call, from some measured models: what a predictor for
 * single kernels cannot know of a whole model, or of a sibling device. Factors that few models speak of stay with the
 * others. Candidates of more and less freedom are averaged by how well they do on models left out.
 */
export function calibrateModels(
  predictor: Predictor,
  models: readonly MeasuredModel[],
  { device, data, kernelFactor = 1 }: CalibrateModelsOptions,
): Calibration {
  if (models.length < 2) throw new RangeError(`${models.length} models; at least 2 are needed`)
  const kinds = [...new Set(models.flatMap(({ kernels }) => kernels.map(({ shape }) => shape.kind)))]
  const rows = models.map((model) => toRow(model, kinds, kernelFactor, predictor))
  const usual = median(rows.map(({ ownMs, calls }) => ownMs / Math.max(1, calls)))
  const candidates = candidatesFor(kinds.length, usual)
  const folds = Math.min(rows.length, mostFolds)
  const tried = candidates.map((candidate) => {
    const predictions = rows.map(() => 0)
    for (let fold = 0; fold < folds; fold++) {
      const factors = candidate.fit(rows.filter((_, i) => i % folds !== fold))
      for (let i = fold; i < rows.length; i += folds) predictions[i] = latencyOf(rows[i]!, factors)
    }
    return { candidate, predictions, residuals: logRatios(rows, predictions) }
  })
  const weights = averagingWeights(tried.map(({ residuals }) => logLikelihood(residuals)))
  // All are linear in the predictor's latencies, so their weighted mean is one of them.
  const fitted = tried.map(({ candidate }) => candidate.fit(rows))
  const average = (of: (factors: Factors) => number) =>
    fitted.reduce((sum, found, c) => sum + weights[c]! * of(found), 0)
  const base: ScaledBase = {
    kind: 'scaled',
    factors: Object.fromEntries(kinds.map((kind, i) => [kind, average(({ byKind }) => byKind[i]!)])),
    otherFactor: average(({ other }) => other),
    perCallMs: average(({ callMs }) => callMs) / kernelFactor,
  }
  const averaged = rows.map((_, i) => tried.reduce((sum, { predictions }, c) => sum + weights[c]! * predictions[i]!, 0))
  const sizes = (residuals: readonly number[]) => residuals.map(Math.abs).sort((a, b) => a - b)
  const before = rows.map(({ ownMs }) => ownMs)
  return {
    device,
    unit: 'models',
    rows: rows.length,
    data,
    members: [{ method: 'scaled', weight: 1, base, residual: null }],
    restFactor: average(({ rest }) => rest),
    halfWidth: conformalQuantile(sizes(logRatios(rows, averaged))),
    candidates: {
      'as it was': median(sizes(logRatios(rows, before))),
      ...Object.fromEntries(tried.map(({ candidate, residuals }) => [candidate.method, median(sizes(residuals))])),
    },
  }
}

function toRow(
  { kernels, latencyMs, restMs = 0 }: MeasuredModel,
  kinds: readonly string[],
  kernelFactor: number,
  predictor: Predictor,
): Row {
  const byKind = kinds.map(() => 0)
  let calls = 0
  for (const { shape, repeats } of kernels) {
    byKind[kinds.indexOf(shape.kind)]! += kernelFactor * predictor.latencyMs(shape) * repeats
    calls += repeats
  }
  return { latencyMs, ownMs: byKind.reduce((sum, ms) => sum + ms, restMs), byKind, calls, restMs }
}

function candidatesFor(kindCount: number, usual: number): Candidate[] {
  const alike = (factor: number) => new Array<number>(kindCount).fill(factor)
  const overall = (rows: readonly Row[]) => median(rows.map(({ latencyMs, ownMs }) => latencyMs / ownMs))
  const oneFactor: Candidate = {
    method: 'one factor',
    fit(rows) {
      const factor = overall(rows)
      return { byKind: alike(factor), other: factor, callMs: 0, rest: factor }
    },
  }
  const byKind = strengths.flatMap((strength) =>
    [false, true].map(
      (hasCalls): Candidate => ({
        method: `a factor a kind${hasCalls ? ', calls' : ''}, ${strength} alike`,
        fit(rows) {
          const costs = fitAdditive(
            rows.map((row) => [...row.byKind, row.restMs, ...(hasCalls ? [row.calls * usual] : [])]),
            rows.map(({ latencyMs }) => latencyMs),
            { costs: [...alike(1), 1, ...(hasCalls ? [callShare] : [])], strength },
          )
          return {
            byKind: [...costs.subarray(0, kindCount)],
            other: overall(rows),
            callMs: hasCalls ? costs.at(-1)! * usual : 0,
            rest: costs[kindCount]!,
          }
        },
      }),
    ),
  )
  return [oneFactor, ...byKind]
}

const latencyOf = (row: Row, { byKind, callMs, rest }: Factors): number =>
  dot(row.byKind, byKind) + row.calls * callMs + row.restMs * rest

const logRatios = (rows: readonly Row[], predictions: readonly number[]): number[] =>
  rows.map(({ latencyMs }, i) => Math.log(latencyMs / predictions[i]!))
