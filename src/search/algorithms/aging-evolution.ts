import type { Candidate } from '../../estimator/memo-table.js'
import { SeededRandom } from '../../runtime/random.js'
import { compareSingle, type Individual, individual, type Problem } from './problem.js'
import { mutate } from './variation.js'

export interface AgingOptions {
  readonly seed: number
  readonly evaluations: number
  /** Default 64. */
  readonly population?: number
  /** How many are drawn for a parent; default 16. */
  readonly sample?: number
  /** Members of the first population; the rest of it is drawn. */
  readonly first?: readonly Candidate[]
  /** Told of every evaluation; true ends the search. */
  readonly onEvaluation?: (found: Individual, evaluations: number) => boolean
}

/** Of two parents, how often they are crossed before the child is changed. */
const crossoverShare = 0.3

/**
 * Regularised evolution: the best of a sample has a child, and the oldest dies, whatever it is worth. Minimises the first
 * objective; the same seed gives the same search. Source: Real et al. 2019, with crossover.
 */
export function agingEvolution(problem: Problem, options: AgingOptions): Individual {
  const { seed, evaluations, population: size = 64, sample = 16, first = [], onEvaluation } = options
  const { space } = problem
  const random = new SeededRandom(seed)
  const population: Individual[] = []
  let oldest = 0
  let best: Individual | undefined
  for (let count = 1; ; count++) {
    const isFilling = population.length < size
    const candidate = isFilling
      ? (first[count - 1] ?? space.random(random))
      : childOf(problem, population, sample, random)
    const found = individual(problem, candidate)
    if (isFilling) population.push(found)
    else {
      population[oldest] = found
      oldest = (oldest + 1) % size
    }
    if (best === undefined || compareSingle(found, best) < 0) best = found
    if (onEvaluation?.(found, count) === true || count >= evaluations) return best
  }
}

function childOf(
  { space }: Problem,
  population: readonly Individual[],
  sample: number,
  random: SeededRandom,
): Candidate {
  const parent = bestOfSample(population, sample, random)
  const isCrossed = random.uniform() < crossoverShare
  const crossed = isCrossed
    ? space.crossover(parent.candidate, bestOfSample(population, sample, random).candidate, random)
    : parent.candidate
  return mutate(space, crossed, random)
}

function bestOfSample(population: readonly Individual[], sample: number, random: SeededRandom): Individual {
  let best = population[random.integer(0, population.length - 1)]!
  for (let i = 1; i < sample; i++) {
    const other = population[random.integer(0, population.length - 1)]!
    if (compareSingle(other, best) < 0) best = other
  }
  return best
}
