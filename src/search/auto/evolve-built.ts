import type { Candidate } from '../../estimator/memo-table.js'
import { hypervolume } from '../algorithms/hypervolume.js'
import type { Individual } from '../algorithms/problem.js'
import { steadyEvolution } from '../algorithms/steady-evolution.js'
import { violationOf } from '../budgets.js'
import { lossOf } from '../fidelity/losses.js'
import { budgetsOf, type SearchRequest } from '../request.js'
import { keyOf } from '../space/space.js'
import type { BuiltCandidate, Rung } from './measured.js'
import { corrected } from './option-losses.js'
import type { Workshop } from './workshop.js'

export interface EvolveRequest extends Pick<SearchRequest, 'opened' | 'losses' | 'budgets' | 'seed'> {
  readonly rung: Rung
  /** Candidates that are built, those to begin with among them. */
  readonly evaluations: number
  readonly first: readonly Candidate[]
  /** Built before, at whatever rung: parents that are not built again. */
  readonly ancestors: readonly BuiltCandidate[]
  /** What is lost beyond this is of no interest. */
  readonly mostLoss: number
}

/**
 * Evolution of the front of latency against loss over candidates that are built, as many side by side as there are lanes. Of a
 * brood of children the one is built that is foreseen to add most to the front: latency is known, losses are sums of those of
 * options, corrected by all that was built so far. Gives what was built, in order.
 */
export async function evolveBuilt(workshop: Workshop, request: EvolveRequest): Promise<BuiltCandidate[]> {
  const { opened, seed, evaluations, first, ancestors, rung, mostLoss } = request
  const { space, table } = opened
  const budgets = budgetsOf(request)
  const built = new Map<string, BuiltCandidate>()
  const byKey = new Map(ancestors.map((each) => [keyOf(each.candidate), each]))
  const individual = (candidate: Candidate, loss: number): Individual => {
    const score = table.score(candidate)
    const beyond = Math.max(0, loss / mostLoss - 1)
    return {
      candidate,
      objectives: Float64Array.of(score.latencyMs, loss),
      violation: violationOf(score, budgets) + beyond,
    }
  }
  const reference = Float64Array.of(table.score(space.original).latencyMs, mostLoss)
  const choose = (children: readonly Candidate[], known: readonly Individual[]): Candidate => {
    const losses = corrected(
      request.losses,
      space,
      known.map(({ candidate }) => built.get(keyOf(candidate)) ?? byKey.get(keyOf(candidate))!),
    )
    const front = known.filter(({ violation }) => violation === 0).map(({ objectives }) => objectives)
    const gainOf = (candidate: Candidate): number => {
      const { objectives, violation } = individual(candidate, lossOf(losses, candidate))
      return violation > 0 ? -violation : hypervolume([...front, objectives], reference)
    }
    const gains = children.map((candidate) => ({ candidate, gain: gainOf(candidate) }))
    return gains.reduce((best, each) => (each.gain > best.gain ? each : best)).candidate
  }
  await steadyEvolution({
    space,
    seed,
    evaluations,
    first,
    ancestors: ancestors.map(({ candidate, loss }) => individual(candidate, loss)),
    choose,
    isStopped: () => workshop.isStopped,
    evaluate: async (candidate) => {
      const found = await workshop.build(candidate, rung)
      if (found === undefined) return undefined
      built.set(keyOf(candidate), found)
      return individual(candidate, found.loss)
    },
  })
  return [...built.values()]
}
