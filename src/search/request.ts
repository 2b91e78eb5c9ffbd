import type { Score } from '../estimator/cost-table.js'
import type { Candidate } from '../estimator/memo-table.js'
import type { Problem } from './algorithms/problem.js'
import { absoluteBudgets, type Budget, violationOf } from './budgets.js'
import { type Losses, lossOf } from './fidelity/losses.js'
import type { OpenedSpace } from './open-space.js'

/** How a recipe is looked for: by building candidates on data, or by estimates and guesses alone. */
export type SearchAlgorithm = GuessedAlgorithm | BuildingAlgorithm

/**
 * On data, with candidates that are built. `auto`: measured options put together by an integer program. `supernet`: from there
 * sub-networks evolve that inherit what the options were fitted to. `multi-shot`: an evolution of candidates that are all fitted.
 */
export type BuildingAlgorithm = (typeof buildingAlgorithms)[number]

export const buildingAlgorithms = ['auto', 'supernet', 'multi-shot'] as const

export const isBuilding = (algorithm: SearchAlgorithm): algorithm is BuildingAlgorithm =>
  buildingAlgorithms.some((each) => each === algorithm)

/** Without data: nothing is built. */
export type GuessedAlgorithm = 'exact' | 'evolution'

/** What is looked for, where, and how. */
export interface SearchRequest {
  readonly opened: OpenedSpace
  readonly losses: Losses
  readonly budgets: readonly Budget[]
  readonly algorithm: GuessedAlgorithm
  readonly seed: number
  /** What a search is told to begin with, besides the model as it is: a recipe of another model, say. */
  readonly start?: Candidate | undefined
  /** Candidates that an evolution may score. */
  readonly evaluations: number
  readonly timeLimitSeconds?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A candidate with what it costs and what it is expected to lose. */
export interface ScoredCandidate extends Score {
  readonly candidate: Candidate
  readonly loss: number
}

/** The best that was known after so many evaluations. */
export interface TrajectoryPoint {
  readonly evaluations: number
  readonly latencyMs: number
  readonly loss: number
}

/** What a search found, and how. */
export interface SearchOutcome {
  readonly algorithm: SearchAlgorithm
  readonly original: ScoredCandidate
  /** null: nothing keeps the budgets, or nothing was found in time. */
  readonly best: ScoredCandidate | null
  /** Latency against loss among those that keep the budgets, fastest first. */
  readonly front: readonly ScoredCandidate[]
  /**
   * What the front dominates of the area from 0 to the original's latency and to the front's largest loss, as a share: what runs with
   * other seeds are compared by. null: there is no front, or nothing to be lost on it.
   */
  readonly dominatedShare: number | null
  readonly trajectory: readonly TrajectoryPoint[]
  readonly evaluations: number
  /** What an exact search proved of `best`: no candidate loses less than `bound`. */
  readonly proof: { readonly bound: number; readonly gap: number } | null
  /** Why there is no best, or no proof. */
  readonly reason: string | null
}

/** Share of latency that counts besides the loss: of equal losses the faster one. */
export const latencyWeight = 1e-4

export function scored(
  { opened, losses }: Pick<SearchRequest, 'opened' | 'losses'>,
  candidate: Candidate,
): ScoredCandidate {
  return { ...opened.table.score(candidate), candidate: candidate.slice(), loss: lossOf(losses, candidate) }
}

/** Budgets that shares have been taken out of. */
export const budgetsOf = (request: Pick<SearchRequest, 'opened' | 'losses' | 'budgets'>): Budget[] =>
  absoluteBudgets(request.budgets, scored(request, request.opened.space.original))

/** What an option that cannot be had counts as, beside budgets that are exceeded. */
const impossible = 1e6

/** `loss`: alone (and latency by a hair); `both`: latency and loss. */
export function problemOf(request: SearchRequest, kind: 'loss' | 'both'): Problem {
  const { opened, losses } = request
  const { space, table } = opened
  const budgets = budgetsOf(request)
  const originalMs = table.score(space.original).latencyMs
  return {
    space,
    objectiveCount: kind === 'loss' ? 1 : 2,
    evaluate: (candidate, into) => {
      const score = table.score(candidate)
      const loss = lossOf(losses, candidate)
      const isPossible = Number.isFinite(loss)
      const finite = isPossible ? loss : 0
      if (kind === 'loss') into[0] = finite + (latencyWeight * score.latencyMs) / originalMs
      else {
        into[0] = score.latencyMs
        into[1] = finite
      }
      return violationOf(score, budgets) + (isPossible ? 0 : impossible)
    },
  }
}
