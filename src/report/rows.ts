import type { Metrics } from '../estimator/metrics.js'
import { bytes, count, magnitude, milliseconds, significant } from './format.js'
import type { ModelFacts, Report } from './report.js'
import { kilowattHours } from './resources.js'

/** A figure that has a value before and after: the lines of every comparison, in one place. */
export interface Figure {
  /** Stable key, as used by `diff --assert`. */
  readonly key: string
  /** What a report calls it; `diff --assert` takes that as well. */
  readonly field?: string
  readonly title: string
  readonly format: (value: number) => string
  readonly ofMetrics?: (metrics: Metrics) => number
  readonly ofFile?: (facts: ModelFacts) => number
}

export const figures: readonly Figure[] = [
  { key: 'latency', field: 'latencyMs', title: 'latency', format: milliseconds, ofMetrics: (m) => m.latencyMs },
  {
    key: 'energy',
    field: 'energyMj',
    title: 'energy',
    format: (value) => `${significant(value)} mJ`,
    ofMetrics: (m) => m.energyMj,
  },
  {
    key: 'kwh',
    field: 'kWhPerDay',
    title: 'a million users a day',
    format: kilowattHours,
    ofMetrics: (m) => m.energy.kWhPerDay,
  },
  { key: 'macs', title: 'MACs', format: magnitude, ofMetrics: (m) => m.macs },
  { key: 'parameters', title: 'parameters', format: magnitude, ofMetrics: (m) => m.parameters },
  { key: 'weights', field: 'weightBytes', title: 'weights on target', format: bytes, ofMetrics: (m) => m.weightBytes },
  {
    key: 'memory',
    field: 'peakActivationBytes',
    title: 'peak activations',
    format: bytes,
    ofMetrics: (m) => m.peakActivationBytes,
  },
  { key: 'dram', field: 'dramBytes', title: 'DRAM traffic', format: bytes, ofMetrics: (m) => m.dramBytes },
  { key: 'kernels', title: 'kernels', format: count, ofMetrics: (m) => m.kernels.length },
  { key: 'nodes', title: 'nodes', format: count, ofFile: (f) => f.nodes },
  { key: 'bytes', title: 'file size', format: bytes, ofFile: (f) => f.bytes },
]

export interface FigureRow {
  readonly figure: Figure
  readonly before: number
  readonly after: number
}

/** The comparison a report holds, one row per figure; figures of a file that was not emitted are left out. */
export function figureRows(report: Report): FigureRow[] {
  const rows: FigureRow[] = []
  for (const figure of figures) {
    if (figure.ofMetrics !== undefined) {
      rows.push({ figure, before: figure.ofMetrics(report.before), after: figure.ofMetrics(report.after) })
    } else if (figure.ofFile !== undefined && report.result !== null) {
      rows.push({ figure, before: figure.ofFile(report.model), after: figure.ofFile(report.result) })
    }
  }
  return rows
}
