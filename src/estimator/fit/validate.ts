import type { Predictor } from '../predictor.js'
import type { MeasurementTable } from '../table/read-table.js'
import { groupBy } from './group-by.js'
import { type ErrorSummary, summarizeErrors } from './statistics.js'

/** How a predictor does on one kind of kernel of a table it has not seen. Shares are fractions, errors per cent. */
export interface GroupValidation extends ErrorSummary {
  /** The table's own words. */
  readonly precision: string
  readonly kernel: string
  /** Share of measurements inside the 90 % interval. */
  readonly coverage90: number
  /** Share of rows that the predictor flags as outside its data. */
  readonly outOfRange: number
}

/** Errors and coverage of a predictor on rows that it has not seen, one group a precision and kind of kernel. */
export function validatePredictor(predictor: Predictor, table: MeasurementTable): GroupValidation[] {
  const groups = groupBy(table.rows, ({ labels }) => `${labels.precision} ${labels.kernel}`)
  return [...groups.values()].map((rows) => {
    const { kernel, precision } = rows[0]!.labels
    let covered = 0
    let flagged = 0
    const predicted = rows.map((row) => {
      const { latencyMs, lowMs, highMs, outOfRange } = predictor.predict(row)
      if (row.latencyMs >= lowMs && row.latencyMs <= highMs) covered += 1
      if (outOfRange.length > 0) flagged += 1
      return latencyMs
    })
    return {
      precision: precision || rows[0]!.precision,
      kernel: kernel || rows[0]!.kind,
      ...summarizeErrors(
        predicted,
        rows.map(({ latencyMs }) => latencyMs),
      ),
      coverage90: covered / rows.length,
      outOfRange: flagged / rows.length,
    }
  })
}
