/** A function of the options of a few choices; options are in the order of the choices. */
export interface Term {
  readonly choices: readonly number[]
  readonly at: (options: readonly number[]) => number
}

/** A set of choices, rising, whose combinations of options are told apart. */
export type Factor = readonly number[]

/** Factors are joined where that makes no more combinations than this. */
const mostJoined = 4096

/**
 * Sets of choices such that every term lies within one of them. Sets that share two choices or more are joined where that stays
 * small: what is told of single choices alone says little of how two go together.
 */
export function factorsOf(terms: readonly Term[], optionCounts: readonly number[]): Factor[] {
  const distinct = new Map<string, number[]>()
  for (const { choices } of terms) {
    const sorted = [...new Set(choices)].sort((a, b) => a - b)
    distinct.set(sorted.join(), sorted)
  }
  let factors = [...distinct.values()].sort((a, b) => b.length - a.length)
  factors = factors.filter((factor, i) => !factors.slice(0, i).some((larger) => includes(larger, factor)))
  for (;;) {
    const pair = joinable(factors, optionCounts)
    if (pair === undefined) return factors
    const joined = [...new Set(pair.flat())].sort((a, b) => a - b)
    factors = [joined, ...factors.filter((factor) => !includes(joined, factor))]
  }
}

/** Combinations of options that a factor has. */
export const combinationCount = (factor: Factor, optionCounts: readonly number[]): number =>
  factor.reduce((all, choice) => all * optionCounts[choice]!, 1)

export const includes = (larger: Factor, smaller: Factor): boolean => smaller.every((choice) => larger.includes(choice))

function joinable(factors: readonly Factor[], optionCounts: readonly number[]): [Factor, Factor] | undefined {
  let found: [Factor, Factor] | undefined
  let least = mostJoined
  factors.forEach((a, i) => {
    for (const b of factors.slice(i + 1)) {
      if (b.filter((choice) => a.includes(choice)).length < 2) continue
      const count = combinationCount([...new Set([...a, ...b])], optionCounts)
      if (count <= least) [found, least] = [[a, b], count]
    }
  })
  return found
}
