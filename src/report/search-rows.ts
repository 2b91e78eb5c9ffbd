import { count, milliseconds, significant } from './format.js'
import type { SearchEntry, SearchedEntry } from './search-entry.js'

/** What a search did, in a few lines of text; none where nobody searched. */
export function searchLines(entry: SearchEntry): string[] {
  if (entry.algorithm === 'none') return []
  const { space, losses, original, best, budgets } = entry
  const lines = [
    `${entry.algorithm} search of ${magnitude(space.candidates)} candidates (${count(space.choices)} choices: ${space.parts.join(', ')})` +
      `${entry.evaluations > 0 ? `, ${count(entry.evaluations)} scored` : ''}`,
  ]
  for (const { kind, constraint, places, options } of entry.expert ?? [])
    lines.push(
      `expert: ${constraint} (${count(places)} places, ${count(options)} options ${kind === 'prefer' ? 'weighed' : 'closed'})`,
    )
  if (budgets.length > 0)
    lines.push(`within ${budgets.map(({ figure, atMost }) => `${figure} ${budgetText(figure, atMost)}`).join(', ')}`)
  lines.push(
    `best: ${milliseconds(best.latencyMs)} instead of ${milliseconds(original.latencyMs)}, expected loss ${significant(best.loss)}`,
  )
  lines.push(`losses are ${losses.note}`)
  if (entry.proof !== null) lines.push(proofText(entry.proof))
  if (entry.reason !== null) lines.push(entry.reason)
  if (space.approximation !== null) lines.push(`scores are approximate: ${space.approximation}`)
  return lines
}

const proofText = ({ bound, gap }: NonNullable<SearchedEntry['proof']>): string =>
  `proved: no candidate loses less than ${significant(bound)} (gap ${significant(Math.round(gap * 1e8) / 1e6)} %)`

const budgetText = (figure: string, atMost: number): string => {
  switch (figure) {
    case 'latency':
      return milliseconds(atMost)
    case 'energy':
      return `${significant(atMost)} mJ`
    default:
      return `${count(Math.floor(atMost))} bytes`
  }
}

/** `2.4e+28` for a decimal of many digits. */
const magnitude = (decimal: string): string =>
  decimal.length <= 9 ? count(Number(decimal)) : `${decimal[0]}.${decimal[1]}e+${decimal.length - 1}`
