import type { ScoreComparison, ScoreSummary } from '../accuracy/compare-scores.js'
import { significant } from './format.js'
import type { AccuracyEntry } from './report.js'

/** Columns of a comparison of two models; `isFigure`: set to the right. */
export const accuracyColumns = [
  { title: '', isFigure: false },
  { title: 'before', isFigure: true },
  { title: 'after', isFigure: true },
  { title: 'drop', isFigure: true },
  { title: '95 % interval', isFigure: false },
] as const

/** One row a metric, the one the gate looks at first. */
export const accuracyCells = (entry: AccuracyEntry): string[][] =>
  [entry, ...entry.others].map(({ title, unit, before, after, drop, dropInterval }) => [
    title,
    score(unit, before),
    score(unit, after),
    difference(unit, drop),
    differences(unit, dropInterval),
  ])

/** Columns of the scores of one model. */
export const scoreColumns = [
  { title: '', isFigure: false },
  { title: 'score', isFigure: true },
  { title: '95 % interval', isFigure: false },
] as const

export const scoreCells = ({ title, unit, value, interval: [low, high] }: ScoreSummary): string[] => [
  title,
  score(unit, value),
  `${score(unit, low)} to ${score(unit, high)}`,
]

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
