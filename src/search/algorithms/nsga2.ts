import type { Candidate } from '../../estimator/memo-table.js'
import { SeededRandom } from '../../runtime/random.js'
import { keyOf, type Space } from '../space/space.js'
import { crowdingDistances } from './crowding.js'
import { nonDominatedSort, paretoFront } from './non-dominated-sort.js'
import { type Individual, individual, type Problem } from './problem.js'
import { mutate } from './variation.js'

export interface Nsga2Options {
  readonly seed: number
  readonly evaluations: number
  /** Default 100. */
  readonly population?: number
  /** Members of the first population; the rest of it is drawn. */
  readonly first?: readonly Candidate[]
  /** Told of every generation's survivors; true ends the search. */
  readonly onGeneration?: (survivors: readonly Individual[], evaluations: number) => boolean
}

/** Who has survived, as parents are chosen by. */
export interface Ranked {
  readonly individual: Individual
  /** Of its front. */
  readonly rank: number
  readonly crowding: number
}

/** Of the children, how many come from two parents. */
const crossoverShare = 0.9

/**
 * The Pareto front of a problem's objectives, approximately. Candidates that are equal are evaluated once. The same seed gives
 * the same front. Source: NSGA-II, Deb et al. 2002.
 */
export function nsga2(problem: Problem, options: Nsga2Options): Individual[] {
  const { seed, evaluations, population: size = 100, first = [], onGeneration } = options
  const { space } = problem
  const random = new SeededRandom(seed)
  const seen = new Set<string>()
  const evaluated: Individual[] = []
  const fresh = (make: () => Candidate): Individual | undefined => {
    const candidate = make()
    const key = keyOf(candidate)
    if (seen.has(key)) return undefined
    seen.add(key)
    const found = individual(problem, candidate)
    evaluated.push(found)
    return found
  }
  // A small space has no more to give: tries are bounded, not only evaluations.
  let tries = 0
  const isOver = () => evaluated.length >= evaluations || tries >= 4 * evaluations
  let survivors: Ranked[] = []
  const grow = (make: () => Candidate): Individual[] => {
    const grown: Individual[] = []
    while (grown.length < size && !isOver()) {
      tries++
      const found = fresh(make)
      if (found !== undefined) grown.push(found)
    }
    return grown
  }
  const given = [...first]
  survivors = survivorsOf(
    grow(() => given.shift() ?? space.random(random)),
    size,
  )
  while (!isOver()) {
    const children = grow(() => childOf(space, survivors, random))
    survivors = survivorsOf([...survivors.map((each) => each.individual), ...children], size)
    const living = survivors.map((each) => each.individual)
    if (onGeneration?.(living, evaluated.length) === true) break
  }
  return paretoFront(survivors.map((each) => each.individual))
}

/** Of one or two parents, changed. */
export function childOf(space: Space, survivors: readonly Ranked[], random: SeededRandom): Candidate {
  const a = tournament(survivors, random)
  const isCrossed = random.uniform() < crossoverShare
  const crossed = isCrossed ? space.crossover(a, tournament(survivors, random), random) : a
  return mutate(space, crossed, random)
}

/** The better of two drawn: of a lower front, or with more room. */
function tournament(survivors: readonly Ranked[], random: SeededRandom): Candidate {
  const [a, b] = [0, 1].map(() => survivors[random.integer(0, survivors.length - 1)]!) as [Ranked, Ranked]
  const isBetter = a.rank !== b.rank ? a.rank < b.rank : a.crowding >= b.crowding
  return (isBetter ? a : b).individual.candidate
}

/** Whole fronts as long as they fit, then those of the next one that have most room. */
export function survivorsOf(individuals: readonly Individual[], size: number): Ranked[] {
  const kept: Ranked[] = []
  for (const [rank, indices] of nonDominatedSort(individuals).entries()) {
    const front = indices.map((i) => individuals[i]!)
    const crowding = crowdingDistances(front)
    const ranked = front.map((each, i) => ({ individual: each, rank, crowding: crowding[i]! }))
    const room = size - kept.length
    if (ranked.length > room) ranked.sort((a, b) => b.crowding - a.crowding)
    kept.push(...ranked.slice(0, room))
    if (kept.length === size) break
  }
  return kept
}
