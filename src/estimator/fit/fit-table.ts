import type { KernelKind } from '../../hw/shape.js'
import { findParallelism } from '../parallelism.js'
import { type KernelModel, type PredictorFile, predictorVersion } from '../predictor.js'
import type { Measurement } from '../table/fields.js'
import type { MeasurementTable } from '../table/read-table.js'
import { fitKernel } from './fit-kernel.js'
import { fitOperators } from './fit-operators.js'
import { groupBy } from './group-by.js'

/** How a predictor is fitted, and what its file says of itself. */
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

/** Share of the work that the models of kinds are, where operators have models too. */
const kindsShare = 0.7

/** Fits a predictor to a table: a model for each kind of kernel and precision in it, and for operators that are better off alone. */
export function fitTable(table: MeasurementTable, options: FitOptions): PredictorFile {
  const groups = groupBy(table.rows, ({ kind, precision }) => `${kind}/${precision}`)
  const models: KernelModel[] = []
  const heldOutMs = new Map<Measurement, number>()
  let done = 0
  for (const [key, rows] of groups) {
    const { kind, precision } = rows[0]!
    const { model, heldOut } = fitKernel(rows, {
      processors: options.processors,
      seed: options.seed,
      companions: rows.length < fewRows ? (groups.get(`${relatives[kind]}/${precision}`) ?? []) : [],
      onProgress: (share) => options.onProgress?.(key, (kindsShare * (done + share * rows.length)) / table.rows.length),
    })
    models.push(model)
    for (const [row, latencyMs] of heldOut) heldOutMs.set(row, latencyMs)
    done += rows.length
  }
  const operators = fitOperators(
    table.rows,
    (row) => heldOutMs.get(row),
    (op, share) => options.onProgress?.(op, kindsShare + (1 - kindsShare) * share),
  )
  const parallelism = findParallelism(table.rows)
  return {
    predictorVersion,
    name: options.name,
    device: table.device,
    processors: options.processors,
    data: { file: table.file, sha256: table.sha256, rows: table.rows.length, source: options.source },
    fitted: new Date().toISOString().slice(0, 10),
    models,
    ...(operators.length > 0 && { operators }),
    ...(parallelism !== undefined && { parallelism }),
  }
}
