import type { ScoreComparison, ScoreSummary } from '../accuracy/compare-scores.js'
import { count, significant } from './format.js'
import type { AccuracyEntry } from './report.js'
import { type Colors, plainTable } from './terminal.js'

/** Scores of the first file, and every other one against it. */
export interface AccuracyCheck {
  readonly data: string
  readonly samples: number
  readonly file: string
  /** Absent where there is more than one model: each comparison has them. */
  readonly scores?: readonly ScoreSummary[]
  readonly comparisons: readonly (AccuracyEntry & { readonly file: string })[]
}

/** Scores of one model, each with its interval. */
export function scoreTable(scores: readonly ScoreSummary[], colors: Colors): string {
  const table = plainTable(
    ['', 'score', '95 % interval'].map((title) => colors.dim(title)),
    ['left', 'right', 'left'],
  )
  for (const { title, unit, value, interval } of scores)
    table.push([title, score(unit, value), colors.dim(range(unit, interval))])
  return table.toString()
}

/** Both scores, the drop and its interval, and what the gate says. */
export function accuracyTable(entry: AccuracyEntry, colors: Colors): string {
  const table = plainTable(
    ['', 'before', 'after', 'drop', '95 % interval'].map((title) => colors.dim(title)),
    ['left', 'right', 'right', 'right', 'left'],
  )
  for (const { title, unit, before, after, drop, dropInterval } of [entry, ...entry.others]) {
    table.push([
      title,
      score(unit, before),
      score(unit, after),
      difference(unit, drop),
      colors.dim(differences(unit, dropInterval)),
    ])
  }
  return [table.toString(), gateLine(entry, colors)].filter((line) => line !== '').join('\n')
}

export function gateLine({ gate }: Pick<AccuracyEntry, 'gate'>, colors: Colors): string {
  switch (gate.verdict) {
    case 'none':
      return ''
    case 'passed':
      return `${colors.green('passed')}: ${gate.reason}`
    case 'failed':
      return `${colors.red('failed')}: ${gate.reason}`
  }
}

/** What `check --data` prints. */
export function terminalAccuracy({ data, samples, file, scores, comparisons }: AccuracyCheck, colors: Colors): string {
  return [
    `accuracy on ${colors.bold(data)}, ${count(samples)} samples`,
    ...(scores === undefined ? [] : [scoreTable(scores, colors)]),
    ...comparisons.map((entry) => `${file} to ${entry.file}\n${accuracyTable(entry, colors)}`),
  ].join('\n')
}

type Unit = ScoreComparison['unit']

function score(unit: Unit, value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : 'exact'
  switch (unit) {
    case 'share':
      return `${(100 * value).toFixed(2)} %`
    case 'number':
      return value.toFixed(5)
    case 'decibels':
      return `${value.toFixed(1)} dB`
    case 'nats':
      return `${significant(value)} nats`
  }
}

/** Shares differ by points of a percent. */
function difference(unit: Unit, value: number): string {
  if (!Number.isFinite(value)) return '-'
  return unit === 'share' ? `${(100 * value).toFixed(2)} points` : score(unit, value)
}

const differences = (unit: Unit, [low, high]: readonly [number, number]): string =>
  Number.isFinite(low) ? `${difference(unit, low).replace(/ points$/, '')} to ${difference(unit, high)}` : '-'

const range = (unit: Unit, [low, high]: readonly [number, number]): string =>
  `${score(unit, low)} to ${score(unit, high)}`
