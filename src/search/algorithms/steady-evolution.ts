import type { Candidate } from '../../estimator/memo-table.js'
import { SeededRandom } from '../../runtime/random.js'
import { keyOf, type Space } from '../space/space.js'
import { childOf, survivorsOf } from './nsga2.js'
import type { Individual } from './problem.js'

export interface SteadyOptions {
  readonly space: Space
  /** Takes its time; undefined: there is no such candidate, or the work has ended. */
  readonly evaluate: (candidate: Candidate) => Promise<Individual | undefined>
  readonly seed: number
  readonly evaluations: number
  /** Members of the first population, in order; at least one, or an ancestor. */
  readonly first: readonly Candidate[]
  /** Of whom it is known what they are worth: parents that are not evaluated. */
  readonly ancestors?: readonly Individual[]
  /** Default 24. */
  readonly population?: number
  /** Of several children that nobody has evaluated, the one that is; default: the first. */
  readonly choose?: ((children: readonly Candidate[], known: readonly Individual[]) => Candidate) | undefined
  /** Ends it: what was asked for by then is waited for. */
  readonly isStopped?: (() => boolean) | undefined
}

/**
 * A child is bred from the results of all but so many candidates before it: that many may be evaluated side by side, and what is
 * found does not depend on how many are.
 */
const window = 8

/** Children that the one to be evaluated is chosen from. */
const brood = 24

/**
 * Evolution without generations, for evaluations that are slow: as soon as a result is in, the survivors of all that is known
 * have the next child. Parents and survivors as in NSGA-II. Results are taken in the order asked for, so that the same seed gives
 * the same search. Gives all that was evaluated, in that order. Source: Durillo et al. 2008 (steady-state NSGA-II).
 */
export async function steadyEvolution(options: SteadyOptions): Promise<Individual[]> {
  const { space, evaluate, seed, evaluations, first, ancestors = [], population = 24, choose, isStopped } = options
  const random = new SeededRandom(seed)
  const asked = new Set<string>()
  const old = new Set(ancestors.map(({ candidate }) => keyOf(candidate)))
  const known = [...ancestors]
  const found: Individual[] = []
  const given = [...first]
  const born = (): Candidate | undefined => {
    for (let next = given.shift(); next !== undefined; next = given.shift()) if (!asked.has(keyOf(next))) return next
    if (known.length === 0) return undefined
    const parents = survivorsOf(known, population)
    const children = new Map<string, Candidate>()
    // A small space has no more to give.
    for (let tries = 0; tries < 4 * brood && children.size < brood; tries++) {
      const child = childOf(space, parents, random)
      if (!asked.has(keyOf(child)) && !old.has(keyOf(child))) children.set(keyOf(child), child)
    }
    const all = [...children.values()]
    return all.length < 2 ? all[0] : (choose?.(all, known) ?? all[0])
  }
  const underWay: Promise<Individual | undefined>[] = []
  const fill = () => {
    while (underWay.length < window && asked.size < evaluations && isStopped?.() !== true) {
      const next = born()
      if (next === undefined) return
      asked.add(keyOf(next))
      const result = evaluate(next)
      // An error of it is met when it is awaited.
      result.catch(() => {})
      underWay.push(result)
    }
  }
  for (fill(); underWay.length > 0; fill()) {
    const result = await underWay.shift()!
    if (result === undefined) continue
    found.push(result)
    known.push(result)
  }
  return found
}
