import type { Candidate } from '../../estimator/memo-table.js'
import type { SeededRandom } from '../../runtime/random.js'
import { type Choice, optionCount } from './choice.js'

/**
 * What a search may change of a model: width choices first, then blocks. A candidate has an option for each choice. Where a
 * block leaves nothing of a group, the group's width says nothing: the canonical candidate keeps it.
 */
export class Space {
  readonly choices: readonly Choice[]
  readonly optionCounts: readonly number[]
  /** The model as it is. */
  readonly original: Candidate

  constructor(choices: readonly Choice[]) {
    this.choices = choices
    this.optionCounts = choices.map(optionCount)
    this.original = this.#candidate(choices.map(({ keep }) => keep))
  }

  /** How many candidates there are, not all of them different. */
  get size(): bigint {
    return this.optionCounts.reduce((all, count) => all * BigInt(count), 1n)
  }

  random(random: SeededRandom): Candidate {
    return this.canonical(this.#candidate(this.optionCounts.map((count) => random.integer(0, count - 1))))
  }

  /** Sets widths that do not matter to what the model has; changes the candidate in place and gives it back. */
  canonical(candidate: Candidate): Candidate {
    this.choices.forEach((choice, i) => {
      if (choice.kind !== 'block') return
      for (const width of choice.gone[candidate[i]!]!) candidate[width] = this.original[width]!
    })
    return candidate
  }

  /** Candidates that differ in one choice. */
  *neighbours(candidate: Candidate): Generator<Candidate> {
    const seen = new Set([keyOf(candidate)])
    for (const [choice, count] of this.optionCounts.entries()) {
      for (let option = 0; option < count; option++) {
        const neighbour = this.with(candidate, choice, option)
        const key = keyOf(neighbour)
        if (seen.has(key)) continue
        seen.add(key)
        yield neighbour
      }
    }
  }

  /** A copy with one choice decided otherwise. */
  with(candidate: Candidate, choice: number, option: number): Candidate {
    const copy = candidate.slice()
    copy[choice] = option
    return this.canonical(copy)
  }

  /** Every choice from one of the parents, both alike (uniform crossover). */
  crossover(a: Candidate, b: Candidate, random: SeededRandom): Candidate {
    return this.canonical(a.map((option, choice) => (random.uniform() < 0.5 ? option : b[choice]!)) as Candidate)
  }

  /** All widths times `ratio` of what the model has, each at the nearest of its sizes; blocks as they are. */
  depthMultiplier(candidate: Candidate, ratio: number): Candidate {
    const copy = candidate.slice()
    this.choices.forEach((choice, i) => {
      if (choice.kind !== 'width') return
      const wanted = choice.sizes[choice.keep]! * ratio
      copy[i] = nearest(choice.sizes, wanted)
    })
    return this.canonical(copy)
  }

  /** All canonical candidates, the last choice running fastest. The same object is given every time. */
  *all(): Generator<Candidate> {
    const candidate = this.#candidate(this.optionCounts.map(() => 0))
    for (;;) {
      if (this.#isCanonical(candidate)) yield candidate
      let choice = candidate.length - 1
      while (choice >= 0 && candidate[choice]! === this.optionCounts[choice]! - 1) candidate[choice--] = 0
      if (choice < 0) return
      candidate[choice]! += 1
    }
  }

  #isCanonical(candidate: Candidate): boolean {
    return this.choices.every(
      (choice, i) =>
        choice.kind === 'width' ||
        choice.gone[candidate[i]!]!.every((width) => candidate[width] === this.original[width]),
    )
  }

  #candidate(options: readonly number[]): Candidate {
    const isSmall = this.optionCounts.every((count) => count <= 256)
    return isSmall ? Uint8Array.from(options) : Uint16Array.from(options)
  }
}

/** Equal for equal candidates. */
export const keyOf = (candidate: Candidate): string => candidate.join()

/** Of equally near sizes the larger. */
function nearest(sizes: readonly number[], wanted: number): number {
  let best = 0
  sizes.forEach((size, i) => {
    if (Math.abs(size - wanted) <= Math.abs(sizes[best]! - wanted)) best = i
  })
  return best
}
