import { change, significant } from './format.js'
import type { ChangedPoint, SearchEntry, SearchPoint } from './search-entry.js'

/** Titles of the columns of what each decision of a search brings, and whether they hold figures. */
export const marginalColumns = [
  { title: 'without', isFigure: false },
  { title: 'latency', isFigure: true },
  { title: 'weights', isFigure: true },
  { title: 'peak', isFigure: true },
  { title: 'expected loss', isFigure: true },
] as const

/** Decisions of a search's best, those first without which most latency is added, and what would be the next one, last. */
export function marginalRows(search: SearchEntry): string[][] {
  if (search.algorithm === 'none') return []
  const { best, without = [], next } = search
  const rows = [...without]
    .sort((a, b) => b.latencyMs - a.latencyMs)
    .map((point) => [`${point.chosen}: ${point.place}`, ...cells(point, best)])
  return next === undefined ? rows : [...rows, [`with ${next.option}: ${next.place}`, ...cells(next, best)]]
}

const cells = (point: ChangedPoint, best: SearchPoint): string[] => [
  change(best.latencyMs, point.latencyMs),
  change(best.weightBytes, point.weightBytes),
  change(best.peakActivationBytes, point.peakActivationBytes),
  point.lossChange === null ? 'unknown' : signed(point.lossChange),
]

/** With its sign, a plus too. */
export const signed = (value: number): string => `${value > 0 ? '+' : ''}${significant(value)}`
