import type { Candidate } from '../../estimator/memo-table.js'
import { figureOf } from '../budgets.js'
import type { SearchRequest } from '../request.js'
import type { WidthChoice } from '../space/choice.js'

/** One option by itself. */
export interface SingleOption {
  readonly choice: number
  readonly option: number
  readonly candidate: Candidate
}

/** Less than this share of a figure is not worth a measurement. */
const leastGain = 2e-3

/** Added to guesses of losses: what they are wrong by. */
const guessError = 0.02

/** Of a group's sizes those that are measured, as far as there is room: nearest to these shares of the present one, in this order. */
const measuredShares = [0.6, 0.35, 0.8]

/**
 * Options that are worth measuring, best first: those that save most of the latency, or of what there is a budget for, over what
 * they are guessed to lose, everything else as in the candidate that has `least` changed. Of a group's sizes one stands for all,
 * and where all of these have been taken a second and a third. At most `most`.
 */
export function promisingOptions(
  request: Omit<SearchRequest, 'algorithm' | 'evaluations'>,
  least: Candidate,
  most: number,
): SingleOption[] {
  const { opened, losses } = request
  const { space, table } = opened
  const figures = ['latency' as const, ...request.budgets.map(({ figure }) => figure)]
  const before = { ...table.score(least) }
  const gainOf = (candidate: Candidate) => {
    const score = table.score(candidate)
    return Math.max(...figures.map((figure) => 1 - figureOf(score, figure) / figureOf(before, figure)))
  }
  const found = space.choices.flatMap((choice, i) => {
    const options = choice.kind === 'width' ? standIns(choice, space.openOptions[i]!) : space.openOptions[i]!
    return options.flatMap((option, at) => {
      if (option === least[i]) return []
      const candidate = space.with(least, i, option)
      const gain = gainOf(candidate)
      const guess = losses.of[i]![option]!
      const round = choice.kind === 'width' ? at : 0
      return gain < leastGain || !Number.isFinite(guess)
        ? []
        : [{ choice: i, option, candidate, round, promise: gain / (guess + guessError) }]
    })
  })
  return found.sort((a, b) => a.round - b.round || b.promise - a.promise).slice(0, most)
}

/** Narrower sizes that stand for the others, the first for all. */
function standIns({ sizes, keep }: WidthChoice, open: readonly number[]): number[] {
  const narrower = open.filter((option) => option < keep)
  const nearest = measuredShares.map((share) => {
    const distance = (option: number) => Math.abs(sizes[option]! - share * sizes[keep]!)
    return narrower.slice().sort((a, b) => distance(a) - distance(b))[0]
  })
  return [...new Set(nearest)].filter((option) => option !== undefined)
}
