import type { Candidate } from '../../estimator/memo-table.js'
import { type Losses, lossOf } from '../fidelity/losses.js'
import type { Space } from '../space/space.js'
import type { BuiltCandidate } from './measured.js'
import type { SingleOption } from './screening.js'

/** An option with what it lost by itself; infinite: the model does not allow it. */
export interface MeasuredOption extends SingleOption {
  readonly loss: number
}

/**
 * Losses of single options as they were measured, beyond those of the candidate that has `least` changed. Sizes of a group follow
 * the guess, scaled to those that were measured. What was not measured cannot be had, save what is guessed to lose nothing.
 */
export function optionLosses(
  space: Space,
  guess: Losses,
  least: Candidate,
  measured: readonly MeasuredOption[],
): Losses {
  const of = space.choices.map((choice, i) => {
    const own = measured.filter((each) => each.choice === i)
    const points = own.flatMap(({ option, loss }) => {
      const guessed = guess.of[i]![option]!
      return Number.isFinite(loss) ? [{ guessed, factor: loss / guessed }] : []
    })
    const factorAt = between(points)
    return guess.of[i]!.map((guessed, option) => {
      if (option === least[i]) return 0
      if (!space.isOpen(i, option)) return Number.POSITIVE_INFINITY
      if (choice.kind === 'width') {
        if (option > choice.keep) return guessed
        return guessed * factorAt(guessed)
      }
      return own.find((each) => each.option === option)?.loss ?? Number.POSITIVE_INFINITY
    })
  })
  return {
    source: 'measured',
    note: `of each of ${measured.length} options by itself, refitted briefly and run; other sizes of a group follow its weights' energy`,
    of,
  }
}

interface Point {
  readonly guessed: number
  /** What was measured over what was guessed. */
  readonly factor: number
}

/** Factors at guesses in between, straight lines over the guesses' logarithms; those of the outermost points outside. */
function between(points: readonly Point[]): (guessed: number) => number {
  const sorted = points.slice().sort((a, b) => a.guessed - b.guessed)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return () => Number.POSITIVE_INFINITY
  return (guessed) => {
    const next = sorted.findIndex((point) => point.guessed >= guessed)
    if (next < 0) return last.factor
    if (next === 0) return first.factor
    const [low, high] = [sorted[next - 1]!, sorted[next]!]
    const share = Math.log(guessed / low.guessed) / Math.log(high.guessed / low.guessed)
    return low.factor + share * (high.factor - low.factor)
  }
}

/** How far a single correction goes: of what is wrong by a factor, the factor to this power. */
const correctionPower = 0.5

/** How many candidates' worth of an option the mean of all options counts as: what has not been tried is as wrong as the rest. */
const priorWeight = 0.5

/**
 * Losses corrected by what whole candidates lost: what was foreseen wrongly is shared out among their options. Changes lose more
 * together than one by one; what no candidate had yet would look better than it is, if that were held against the others alone.
 */
export function corrected(losses: Losses, space: Space, built: readonly BuiltCandidate[]): Losses {
  const shifts = losses.of.map((list) => Array.from(list, () => ({ sum: 0, weight: 0 })))
  const all = { sum: 0, weight: 0 }
  for (const { candidate, loss } of built) {
    const foreseen = lossOf(losses, candidate)
    if (!(foreseen > 0) || !Number.isFinite(foreseen)) continue
    const shift = Math.log(Math.max(loss, 1e-9) / foreseen)
    all.sum += shift
    all.weight += 1
    candidate.forEach((option, choice) => {
      const share = losses.of[choice]![option]! / foreseen
      if (option === space.original[choice] || share === 0) return
      const entry = shifts[choice]![option]!
      entry.sum += share * shift
      entry.weight += share
    })
  }
  const mean = all.weight === 0 ? 0 : all.sum / all.weight
  const of = losses.of.map((list, choice) =>
    list.map((loss, option) => {
      const { sum, weight } = shifts[choice]![option]!
      const shift = (sum + priorWeight * mean) / (weight + priorWeight)
      return loss === 0 ? 0 : loss * Math.exp(correctionPower * shift)
    }),
  )
  return { ...losses, of }
}
