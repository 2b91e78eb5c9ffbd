import type { Candidate } from '../estimator/memo-table.js'
import { SeededRandom } from '../runtime/random.js'
import { agingEvolution } from './algorithms/aging-evolution.js'
import { hypervolume } from './algorithms/hypervolume.js'
import { kneeOf } from './algorithms/knee.js'
import { nsga2 } from './algorithms/nsga2.js'
import { compareSingle, type Individual } from './algorithms/problem.js'
import { mutate } from './algorithms/variation.js'
import { problemOf, type SearchOutcome, type SearchRequest, scored, type TrajectoryPoint } from './request.js'
import { keyOf } from './space/space.js'

/**
 * Evolution: with budgets of one candidate (half of the evaluations) and then of the front around it, without of the front,
 * whose knee is taken.
 */
export function evolve(request: SearchRequest): SearchOutcome {
  const { opened, budgets, seed, evaluations, signal } = request
  const { space } = opened
  const trajectory: TrajectoryPoint[] = []
  const note = (found: Individual, count: number) => {
    const { latencyMs, loss } = scored(request, found.candidate)
    trajectory.push({ evaluations: count, latencyMs, loss })
  }
  let spent = 0
  const first = startingPoints(request)
  // With budgets most of the work goes to the one candidate that is wanted, the rest to what lies around it.
  let best: Individual | undefined
  if (budgets.length > 0) {
    const problem = problemOf(request, 'loss')
    let known: Individual | undefined
    best = agingEvolution(problem, {
      seed,
      evaluations: Math.ceil(evaluations / 2),
      first,
      onEvaluation: (found, count) => {
        spent = count
        if (known === undefined || compareSingle(found, known) < 0) {
          known = found
          note(found, count)
        }
        signal?.throwIfAborted()
        return false
      },
    })
  }
  const both = problemOf(request, 'both')
  const front = nsga2(both, {
    seed,
    evaluations: Math.max(1, evaluations - spent),
    first: best === undefined ? first : [best.candidate, ...first],
    onGeneration: (survivors, count) => {
      signal?.throwIfAborted()
      if (best === undefined) {
        const knee = kneeOf(survivors.filter(({ violation }) => violation === 0))
        if (knee !== undefined) note(knee, spent + count)
      }
      return false
    },
  })
  const kept = front.filter(({ violation }) => violation === 0)
  const original = scored(request, space.original)
  const chosen = best ?? kneeOf(kept)
  const isFound = chosen !== undefined && chosen.violation === 0
  return {
    algorithm: 'evolution',
    original,
    best: isFound ? scored(request, chosen.candidate) : null,
    front: kept.map(({ candidate }) => scored(request, candidate)),
    dominatedShare: dominatedShare(kept, original.latencyMs),
    trajectory,
    evaluations,
    proof: null,
    reason: isFound ? 'an evolution proves nothing' : 'no candidate that was looked at keeps the budgets',
  }
}

function dominatedShare(front: readonly Individual[], latencyMs: number): number | null {
  const points = front.map(({ objectives }) => objectives)
  const mostLoss = points.reduce((most, [, loss]) => Math.max(most, loss!), 0)
  if (mostLoss === 0) return null
  return hypervolume(points, Float64Array.of(latencyMs, mostLoss)) / (latencyMs * mostLoss)
}

/** Parts of what a search begins with, and as many changed parts: together with the rest the first population of an evolution. */
const partCount = 28

/**
 * The model as it is and scaled as a whole; before them what the search was told to begin with, after them parts of that (every
 * choice from it or from the model), half of them changed: what is a pattern elsewhere may go too far here.
 */
export function startingPoints(request: Pick<SearchRequest, 'opened' | 'start' | 'seed'>): Candidate[] {
  const { opened, start, seed } = request
  const { space } = opened
  const { original } = space
  const scaled = [1, 0.9, 0.75, 0.6, 0.5, 0.35].map((ratio) => space.depthMultiplier(original, ratio))
  if (start === undefined) return distinct(scaled)
  const random = new SeededRandom(seed)
  const parts = Array.from({ length: 2 * partCount }, (_, i) => {
    const part = space.crossover(original, start, random)
    return i < partCount ? part : mutate(space, part, random)
  })
  return distinct([start, ...scaled, ...parts])
}

const distinct = (candidates: readonly Candidate[]): Candidate[] => [
  ...new Map(candidates.map((candidate) => [keyOf(candidate), candidate])).values(),
]
