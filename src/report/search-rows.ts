import { bytes, count, milliseconds, significant } from './format.js'
import type { CoResidents, SearchEntry, SearchedEntry, StartingPoint } from './search-entry.js'

/** What a search did, in a few lines of text; none where nobody searched. */
export function searchLines(entry: SearchEntry): string[] {
  if (entry.algorithm === 'none') return []
  const { space, losses, original, best, budgets } = entry
  const lines = [
    `${entry.algorithm} search of ${magnitude(space.candidates)} candidates (${count(space.choices)} choices: ${space.parts.join(', ')})` +
      `${entry.evaluations > 0 ? `, ${count(entry.evaluations)} ${entry.built === undefined ? 'scored' : 'built'}` : ''}`,
  ]
  for (const { kind, constraint, places, options } of entry.expert ?? [])
    lines.push(
      `expert: ${constraint} (${count(places)} places, ${count(options)} options ${kind === 'prefer' ? 'weighed' : 'closed'})`,
    )
  if (entry.start !== undefined) lines.push(startText(entry.start))
  if (entry.coResidents !== undefined) lines.push(...sharedText(entry.coResidents))
  if (budgets.length > 0)
    lines.push(`within ${budgets.map(({ figure, atMost }) => `${figure} ${budgetText(figure, atMost)}`).join(', ')}`)
  lines.push(
    `best: ${milliseconds(best.latencyMs)} instead of ${milliseconds(original.latencyMs)}, ${entry.built === undefined ? 'expected loss' : 'measured loss'} ${significant(best.loss)}`,
  )
  lines.push(`losses are ${losses.note}`)
  if (entry.proof !== null) lines.push(proofText(entry.proof))
  if (entry.reason !== null) lines.push(entry.reason)
  if (space.approximation !== null) lines.push(`scores are approximate: ${space.approximation}`)
  return lines
}

/** An expected loss; null: nobody measured it. */
export const lossText = (loss: number | null): string => (loss === null ? 'unknown' : significant(loss))

function startText({ taken, left }: StartingPoint): string {
  const ways = (['name', 'signature', 'relative place'] as const).flatMap((way) => {
    const found = taken.filter(({ by }) => by === way).length
    return found === 0 ? [] : [`${count(found)} by ${way}`]
  })
  const missed = left.length === 0 ? '' : `; ${count(left.length)} of its decisions this model does not have`
  return `begun with a recipe: ${ways.length === 0 ? 'nothing of it' : ways.join(', ')}${missed}`
}

const sharedText = ({ deviceBytes, source, models, left }: CoResidents): string[] => [
  `the device has ${bytes(deviceBytes)} by the ${source}, for the weights of all models and the largest of their peaks: one runs at a time`,
  ...models.map(
    ({ file, weightBytes, peakActivationBytes }) =>
      `beside ${file}: weights ${bytes(weightBytes)}, peak activations ${bytes(peakActivationBytes)}`,
  ),
  `left: ${bytes(left.memoryBytes)} for weights and activations, of these ${bytes(left.weightBytes)} for weights`,
]

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
