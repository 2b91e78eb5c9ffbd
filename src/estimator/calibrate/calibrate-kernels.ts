import { foldsByFamily } from '../fit/folds.js'
import { median, quantile } from '../fit/statistics.js'
import { fitAdditive } from '../network/additive.js'
import type { Predictor } from '../predictor.js'
import type { Measurement } from '../table/fields.js'
import { averagingWeights, logLikelihood } from './averaging.js'
import type { Calibration, CalibrationMember, ScaledBase, StructuredBase } from './calibration.js'
import { groupOf } from './calibrator.js'
import { distillStructure } from './distill.js'
import { fitResiduals, residualAt, residualFeatures } from './gaussian-process.js'
import {
  fitStructure,
  parameterCount,
  type StructurePrior,
  siblingPrior,
  structureLatency,
  structureTerms,
} from './structure.js'

export interface CalibrateOptions {
  readonly device: string
  readonly data: Calibration['data']
  readonly seed: number
  /** Called as the work goes on, with the share that is done. */
  readonly onProgress?: (share: number) => void
}

/** A measured kernel with all that candidates look at. */
interface Row {
  readonly measurement: Measurement
  readonly latencyMs: number
  readonly ownMs: number
  readonly group: number
  readonly terms: Float64Array
  readonly features: number[]
}

/** A base fitted to some rows, and its latency for any row. */
interface FittedBase {
  readonly base: ScaledBase | StructuredBase
  readonly latencyMs: (row: Row) => number
}

interface Candidate {
  readonly method: string
  readonly fit: (rows: readonly Row[]) => FittedBase
  readonly hasResidual: boolean
}

/** More folds tell little more. */
const mostFolds = 12

/** A Gaussian process over fewer rows than this only adds their noise. */
const leastForResiduals = 30

/**
 * Learns how a sibling device differs from the one a predictor was fitted to, from a few measured kernels. Candidates: the
 * predictor with a factor for each kind and a time for each call; a roofline of the sibling's own whose parameters start
 * from the predictor's; each alone and with a Gaussian process over what is left. They are averaged by how well they do
 * on families of shapes left out.
 */
export function calibrateKernels(
  predictor: Predictor,
  measurements: readonly Measurement[],
  { device, data, seed, onProgress }: CalibrateOptions,
): Calibration {
  if (measurements.length < 2) throw new RangeError(`${measurements.length} rows; at least 2 are needed`)
  const groups = [...new Set(measurements.map(groupOf))]
  const rows = measurements.map(
    (measurement): Row => ({
      measurement,
      latencyMs: measurement.latencyMs,
      ownMs: predictor.latencyMs(measurement),
      group: groups.indexOf(groupOf(measurement)),
      terms: structureTerms(measurement),
      features: residualFeatures(measurement),
    }),
  )
  const prior = siblingPrior(groups.map((group) => [...distillGroup(predictor, measurements, group, seed)]))
  const scaling: Candidate['fit'] = (train) => fitScaled(train)
  const structuring: Candidate['fit'] = (train) => fitStructured(train, groups, prior)
  const candidates: Candidate[] = [
    { method: 'scaled', fit: scaling, hasResidual: false },
    { method: 'structured', fit: structuring, hasResidual: false },
  ]
  if (rows.length >= leastForResiduals) {
    candidates.push(
      { method: 'scaled, residuals', fit: scaling, hasResidual: true },
      { method: 'structured, residuals', fit: structuring, hasResidual: true },
    )
  }
  const families = new Set(measurements.map(({ family }) => family)).size
  const folds = Math.min(families, mostFolds)
  const foldOf = folds > 1 ? foldsByFamily(measurements, folds) : measurements.map((_, i) => i % measurements.length)
  const tried = candidates.map((candidate, c) => {
    const logs = leftOut(candidate, rows, foldOf)
    onProgress?.((c + 1) / (candidates.length + 1))
    const residuals = rows.map(({ latencyMs }, i) => Math.log(latencyMs) - logs[i]!)
    return { candidate, logs, residuals }
  })
  const weights = averagingWeights(tried.map(({ residuals }) => logLikelihood(residuals)))
  const members = tried.flatMap(({ candidate }, c) => (weights[c]! > 0 ? [toMember(candidate, rows, weights[c]!)] : []))
  const averaged = rows.map(({ latencyMs }, i) =>
    Math.abs(Math.log(latencyMs) - tried.reduce((sum, { logs }, c) => sum + weights[c]! * logs[i]!, 0)),
  )
  const usual = (residuals: readonly number[]) => median(residuals.map(Math.abs))
  return {
    device,
    unit: 'kernels',
    rows: rows.length,
    data,
    members,
    // Kernels alone say nothing of it: as much slower as they are.
    restFactor: median(rows.map(({ latencyMs, ownMs }) => latencyMs / ownMs)),
    // A row's family was left out whole: that makes up for the few rows, and more (see bench/results/calibrate.json).
    halfWidth: quantile(
      averaged.sort((a, b) => a - b),
      0.9,
    ),
    candidates: {
      'as it was': usual(rows.map(({ latencyMs, ownMs }) => Math.log(latencyMs / ownMs))),
      ...Object.fromEntries(tried.map(({ candidate, residuals }) => [candidate.method, usual(residuals)])),
    },
  }
}

function distillGroup(
  predictor: Predictor,
  measurements: readonly Measurement[],
  group: string,
  seed: number,
): Float64Array {
  const shapes = measurements.filter((measurement) => groupOf(measurement) === group)
  return distillStructure(
    shapes,
    (shape) => {
      const { latencyMs, outOfRange } = predictor.predict(shape)
      return { latencyMs, isKnown: outOfRange.length === 0 }
    },
    seed,
  )
}

/** Logarithm of each row's latency by a fit that had not seen its fold. */
function leftOut({ fit, hasResidual }: Candidate, rows: readonly Row[], foldOf: ArrayLike<number>): number[] {
  const logs = new Array<number>(rows.length)
  for (const fold of new Set(Array.from(foldOf))) {
    const train = rows.filter((_, i) => foldOf[i] !== fold)
    const { latencyMs } = fit(train)
    const residual = hasResidual ? fitRest(train, latencyMs) : undefined
    rows.forEach((row, i) => {
      if (foldOf[i] !== fold) return
      logs[i] = Math.log(latencyMs(row)) + (residual === undefined ? 0 : residualAt(residual, row.features))
    })
  }
  return logs
}

const fitRest = (rows: readonly Row[], latencyMs: (row: Row) => number) =>
  fitResiduals(
    rows.map(({ features }) => features),
    rows.map((row) => Math.log(row.latencyMs / latencyMs(row))),
  )

function toMember({ method, fit, hasResidual }: Candidate, rows: readonly Row[], weight: number): CalibrationMember {
  const { base, latencyMs } = fit(rows)
  return { method, weight, base, residual: hasResidual ? fitRest(rows, latencyMs) : null }
}

/** How many rows the belief that all kinds scale alike is worth. */
const scaleStrength = 0.3

/** Share of a usual kernel's time that a call's overhead is believed to differ by. */
const callShare = 0.1

function fitScaled(rows: readonly Row[]): FittedBase {
  const kinds = [...new Set(rows.map(({ measurement }) => measurement.kind))]
  const usual = median(rows.map(({ ownMs }) => ownMs))
  // The last column is the call, in units of a usual kernel.
  const features = ({ measurement, ownMs }: Row) => [
    ...kinds.map((kind) => (kind === measurement.kind ? ownMs : 0)),
    usual,
  ]
  const costs = fitAdditive(
    rows.map(features),
    rows.map(({ latencyMs }) => latencyMs),
    { costs: [...kinds.map(() => 1), callShare], strength: scaleStrength },
  )
  const factors = Object.fromEntries(kinds.map((kind, i) => [kind, costs[i]!]))
  const perCallMs = costs.at(-1)! * usual
  const otherFactor = median(costs.subarray(0, -1))
  return {
    base: { kind: 'scaled', factors, otherFactor, perCallMs },
    latencyMs: ({ measurement, ownMs }) => ownMs * (factors[measurement.kind] ?? otherFactor) + perCallMs,
  }
}

function fitStructured(rows: readonly Row[], groups: readonly string[], prior: StructurePrior): FittedBase {
  const fitted = fitStructure(rows, prior)
  const slice = (group: number) => [...fitted.subarray(group * parameterCount, (group + 1) * parameterCount)]
  return {
    base: {
      kind: 'structured',
      parameters: Object.fromEntries(groups.map((name, group) => [name, slice(group)])),
      otherFactor: median(rows.map(({ latencyMs, ownMs }) => latencyMs / ownMs)),
    },
    latencyMs: ({ group, terms }) => structureLatency(terms, fitted, group * parameterCount),
  }
}
