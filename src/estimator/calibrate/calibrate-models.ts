import type { KernelShape } from '../../hw/shape.js'
import { median } from '../fit/statistics.js'
import { dot, fitAdditive } from '../network/additive.js'
import type { Predictor } from '../predictor.js'
import { averagingWeights, logLikelihood } from './averaging.js'
import type { Calibration, ScaledBase } from './calibration.js'
import { conformalQuantile } from './conformal.js'

/** A whole model with its latency on the device. */
export interface MeasuredModel {
  readonly name: string
  readonly kernels: readonly { readonly shape: KernelShape; readonly repeats: number }[]
  readonly latencyMs: number
}

export interface CalibrateModelsOptions {
  readonly device: string
  readonly data: Calibration['data']
}

/** A model as a sum: milliseconds in each kind of kernel by the predictor, and how many kernels run. */
interface Row {
  readonly latencyMs: number
  readonly ownMs: number
  readonly byKind: readonly number[]
  readonly calls: number
}

interface Candidate {
  readonly method: string
  readonly fit: (rows: readonly Row[]) => ScaledBase
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
  { device, data }: CalibrateModelsOptions,
): Calibration {
  if (models.length < 2) throw new RangeError(`${models.length} models; at least 2 are needed`)
  const kinds = [...new Set(models.flatMap(({ kernels }) => kernels.map(({ shape }) => shape.kind)))]
  const rows = models.map((model) => toRow(model, kinds, predictor))
  const usual = median(rows.map(({ ownMs, calls }) => ownMs / Math.max(1, calls)))
  const candidates = candidatesFor(kinds, usual)
  const folds = Math.min(rows.length, mostFolds)
  const tried = candidates.map((candidate) => {
    const predictions = rows.map(() => 0)
    for (let fold = 0; fold < folds; fold++) {
      const base = candidate.fit(rows.filter((_, i) => i % folds !== fold))
      for (let i = fold; i < rows.length; i += folds) predictions[i] = latencyOf(rows[i]!, kinds, base)
    }
    return { candidate, predictions, residuals: logRatios(rows, predictions) }
  })
  const weights = averagingWeights(tried.map(({ residuals }) => logLikelihood(residuals)))
  // All are linear in the predictor's latencies, so their weighted mean is one of them.
  const bases = tried.map(({ candidate }) => candidate.fit(rows))
  const average = (of: (base: ScaledBase) => number) => bases.reduce((sum, base, c) => sum + weights[c]! * of(base), 0)
  const base: ScaledBase = {
    kind: 'scaled',
    factors: Object.fromEntries(kinds.map((kind) => [kind, average(({ factors }) => factors[kind]!)])),
    otherFactor: average(({ otherFactor }) => otherFactor),
    perCallMs: average(({ perCallMs }) => perCallMs),
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
    halfWidth: conformalQuantile(sizes(logRatios(rows, averaged))),
    candidates: {
      'as it was': median(sizes(logRatios(rows, before))),
      ...Object.fromEntries(tried.map(({ candidate, residuals }) => [candidate.method, median(sizes(residuals))])),
    },
  }
}

function toRow({ kernels, latencyMs }: MeasuredModel, kinds: readonly string[], predictor: Predictor): Row {
  const byKind = kinds.map(() => 0)
  let calls = 0
  for (const { shape, repeats } of kernels) {
    byKind[kinds.indexOf(shape.kind)]! += predictor.latencyMs(shape) * repeats
    calls += repeats
  }
  return { latencyMs, ownMs: byKind.reduce((sum, ms) => sum + ms, 0), byKind, calls }
}

function candidatesFor(kinds: readonly string[], usual: number): Candidate[] {
  const factorsOf = (factor: (i: number) => number) => Object.fromEntries(kinds.map((kind, i) => [kind, factor(i)]))
  const latencies = (rows: readonly Row[]) => rows.map(({ latencyMs }) => latencyMs)
  const overall = (rows: readonly Row[]) => median(rows.map(({ latencyMs, ownMs }) => latencyMs / ownMs))
  const oneFactor: Candidate = {
    method: 'one factor',
    fit(rows) {
      const factor = overall(rows)
      return { kind: 'scaled', factors: factorsOf(() => factor), otherFactor: factor, perCallMs: 0 }
    },
  }
  const byKind = strengths.flatMap((strength) =>
    [false, true].map(
      (hasCalls): Candidate => ({
        method: `a factor a kind${hasCalls ? ', calls' : ''}, ${strength} alike`,
        fit(rows) {
          const costs = fitAdditive(
            rows.map((row) => [...row.byKind, ...(hasCalls ? [row.calls * usual] : [])]),
            latencies(rows),
            { costs: [...kinds.map(() => 1), ...(hasCalls ? [callShare] : [])], strength },
          )
          const perCallMs = hasCalls ? costs.at(-1)! * usual : 0
          return { kind: 'scaled', factors: factorsOf((i) => costs[i]!), otherFactor: overall(rows), perCallMs }
        },
      }),
    ),
  )
  return [oneFactor, ...byKind]
}

const latencyOf = ({ byKind, calls }: Row, kinds: readonly string[], { factors, perCallMs }: ScaledBase): number =>
  dot(
    byKind,
    kinds.map((kind) => factors[kind]!),
  ) +
  calls * perCallMs

const logRatios = (rows: readonly Row[], predictions: readonly number[]): number[] =>
  rows.map(({ latencyMs }, i) => Math.log(latencyMs / predictions[i]!))
