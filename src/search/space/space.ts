import type { Candidate } from '../../estimator/memo-table.js'
import type { SeededRandom } from '../../runtime/random.js'
import { type Choice, optionCount } from './choice.js'

/**
 * What a search may change of a model: width choices first, then the resolution, then forms of blocks and convolutions. A
 * candidate has an option for each choice. Where a
 * block leaves nothing of a group, the group's width says nothing: the canonical candidate keeps it. Some options may be closed:
 * they have their place in tables and losses, and no candidate takes them, save for widths of which nothing is left.
 */
export class Space {
  readonly choices: readonly Choice[]
  /** With closed ones. */
  readonly optionCounts: readonly number[]
  /** The model as it is: what candidates are compared with, open or not. */
  readonly original: Candidate
  /** By choice, the options that a search may take, rising; at least one. */
  readonly openOptions: readonly (readonly number[])[]
  /** By choice and option, the option itself if it is open, else the open one nearest to the model. */
  readonly #settled: readonly Candidate[]

  /** `openOptions` by choice; default: all of them. */
  constructor(choices: readonly Choice[], openOptions?: readonly (readonly number[])[]) {
    this.choices = choices
    this.optionCounts = choices.map(optionCount)
    this.original = this.#candidate(choices.map(({ keep }) => keep))
    this.openOptions = openOptions ?? this.optionCounts.map((count) => Array.from({ length: count }, (_, i) => i))
    this.#settled = choices.map((choice, i) => this.#candidate(settledOptions(choice, this.openOptions[i]!)))
  }

  /** How many candidates there are, not all of them different. */
  get size(): bigint {
    return this.openOptions.reduce((all, open) => all * BigInt(open.length), 1n)
  }

  isOpen(choice: number, option: number): boolean {
    return this.#settled[choice]![option] === option
  }

  random(random: SeededRandom): Candidate {
    return this.canonical(this.#candidate(this.openOptions.map((open) => open[random.integer(0, open.length - 1)]!)))
  }

  /**
   * Sets widths that do not matter to what the model has, and other closed options to the nearest open ones; changes the candidate
   * in place and gives it back.
   */
  canonical(candidate: Candidate): Candidate {
    for (let i = 0; i < candidate.length; i++) candidate[i] = this.#settled[i]![candidate[i]!]!
    for (let i = 0; i < candidate.length; i++)
      for (const width of this.goneUnder(i, candidate[i]!)) candidate[width] = this.original[width]!
    return candidate
  }

  /** Width choices whose groups an option of a choice leaves nothing of. */
  goneUnder(choice: number, option: number): readonly number[] {
    const of = this.choices[choice]!
    return of.kind === 'width' ? [] : of.gone[option]!
  }

  /** Choices of forms that have an option which leaves nothing of a width's group. */
  formsThatEnd(width: number): number[] {
    return this.choices.flatMap((choice, i) =>
      choice.kind !== 'width' && choice.gone.some((gone) => gone.includes(width)) ? [i] : [],
    )
  }

  /** Candidates that differ in one choice. */
  *neighbours(candidate: Candidate): Generator<Candidate> {
    const seen = new Set([keyOf(candidate)])
    for (const [choice, open] of this.openOptions.entries()) {
      for (const option of open) {
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

  /** All widths times `ratio` of what the model has, each at the nearest of its open sizes; blocks as they are. */
  depthMultiplier(candidate: Candidate, ratio: number): Candidate {
    const copy = candidate.slice()
    this.choices.forEach((choice, i) => {
      if (choice.kind !== 'width') return
      const wanted = choice.sizes[choice.keep]! * ratio
      copy[i] = nearest(choice.sizes, this.openOptions[i]!, wanted)
    })
    return this.canonical(copy)
  }

  /** All canonical candidates, the last choice running fastest. The same object is given every time. */
  *all(): Generator<Candidate> {
    // A width of which nothing is left is kept, be that closed.
    const options = this.openOptions.map((open, i) => [...new Set([...open, this.original[i]!])].sort((a, b) => a - b))
    const places = options.map(() => 0)
    const candidate = this.#candidate(options.map(([first]) => first!))
    for (;;) {
      if (keyOf(this.canonical(candidate.slice())) === keyOf(candidate)) yield candidate
      let choice = candidate.length - 1
      while (choice >= 0 && places[choice]! === options[choice]!.length - 1) {
        places[choice] = 0
        candidate[choice] = options[choice]![0]!
        choice -= 1
      }
      if (choice < 0) return
      places[choice]! += 1
      candidate[choice] = options[choice]![places[choice]!]!
    }
  }

  #candidate(options: readonly number[]): Candidate {
    const isSmall = this.optionCounts.every((count) => count <= 256)
    return isSmall ? Uint8Array.from(options) : Uint16Array.from(options)
  }
}

/** Equal for equal candidates. */
export const keyOf = (candidate: Candidate): string => candidate.join()

/** Every option, or what is taken instead where it is closed: the open size nearest to the model's, the first open form. */
function settledOptions(choice: Choice, open: readonly number[]): number[] {
  const instead = choice.kind === 'width' ? nearest(choice.sizes, open, choice.sizes[choice.keep]!) : open[0]!
  return Array.from({ length: optionCount(choice) }, (_, option) => (open.includes(option) ? option : instead))
}

/** The option of the size nearest to the one wanted; of equally near ones the larger. */
function nearest(sizes: readonly number[], open: readonly number[], wanted: number): number {
  let best = open[0]!
  for (const option of open) if (Math.abs(sizes[option]! - wanted) <= Math.abs(sizes[best]! - wanted)) best = option
  return best
}
