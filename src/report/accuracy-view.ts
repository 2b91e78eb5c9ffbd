import type { ScoreSummary } from '../accuracy/compare-scores.js'
import { scoreCells, scoreColumns } from './accuracy-rows.js'
import { count } from './format.js'
import type { AccuracyEntry } from './report.js'
import { accuracyTable, type Colors, columnTable } from './terminal.js'

/** Scores of the first file, and every other one against it. */
export interface AccuracyCheck {
  readonly data: string
  readonly samples: number
  readonly file: string
  /** Absent where there is more than one model: each comparison has them. */
  readonly scores?: readonly ScoreSummary[]
  readonly comparisons: readonly (AccuracyEntry & { readonly file: string })[]
}

/** What `check --data` prints. */
export function terminalAccuracy({ data, samples, file, scores, comparisons }: AccuracyCheck, colors: Colors): string {
  return [
    `accuracy on ${colors.bold(data)}, ${count(samples)} samples`,
    ...(scores === undefined ? [] : [columnTable(scoreColumns, scores.map(scoreCells), colors)]),
    ...comparisons.map((entry) => `${file} to ${entry.file}\n${accuracyTable(entry, colors)}`),
  ].join('\n')
}
