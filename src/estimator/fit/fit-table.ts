import type { KernelKind } from '../../hw/shape.js'
import { findParallelism } from '../parallelism.js'
import { type KernelModel, type PredictorFile, predictorVersion } from '../predictor.js'
import type { Measurement } from '../table/fields.js'
import type { MeasurementTable } from '../table/read-table.js'
import { fitKernel } from './fit-kernel.js'

export interface FitOptions {
  readonly name: string
  readonly processors: number
  readonly seed: number
  /** Where the data come from, for the predictor's provenance. */
  readonly source: string
  /** Called with a text and the share of rows done. */
  readonly onProgress?: (text: string, share: number) => void
}

/** With fewer rows than this, the trees of a kernel learn from those of its relative too. */
const fewRows = 3_000

const relatives: Readonly<Partial<Record<KernelKind, KernelKind>>> = {
  convolution: 'depthwise',
  depthwise: 'convolution',
}

/** Fits a predictor to a table: one model for each kind of kernel and precision in it. */
export function fitTable(table: MeasurementTable, options: FitOptions): PredictorFile {
  const groups = groupBy(table.rows, ({ kind, precision }) => `${kind}/${precision}`)
  const models: KernelModel[] = []
  let done = 0
  for (const [key, rows] of groups) {
    const { kind, precision } = rows[0]!
    models.push(
      fitKernel(rows, {
        processors: options.processors,
        seed: options.seed,
        companions: rows.length < fewRows ? (groups.get(`${relatives[kind]}/${precision}`) ?? []) : [],
        onProgress: (share) => options.onProgress?.(key, (done + share * rows.length) / table.rows.length),
      }),
    )
    done += rows.length
  }
  const parallelism = findParallelism(table.rows)
  return {
    predictorVersion,
    name: options.name,
    device: table.device,
    processors: options.processors,
    data: { file: table.file, sha256: table.sha256, rows: table.rows.length, source: options.source },
    fitted: new Date().toISOString().slice(0, 10),
    models,
    ...(parallelism !== undefined && { parallelism }),
  }
}

export function groupBy<K>(rows: readonly Measurement[], keyOf: (row: Measurement) => K): Map<K, Measurement[]> {
  const groups = new Map<K, Measurement[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  return groups
}
