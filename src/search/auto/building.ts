import { violationOf } from '../budgets.js'
import type { Losses } from '../fidelity/losses.js'
import { type BuildingAlgorithm, budgetsOf, type SearchOutcome, type SearchRequest, scored } from '../request.js'
import { type FinalsOptions, frontOf, settle } from './finals.js'
import type { Ladder } from './ladder.js'
import type { BuiltCandidate } from './measured.js'
import type { Workshop, WorkshopOptions } from './workshop.js'

/** How many are built at each stage. */
export interface BuildingLimits {
  /** Single options, briefly. */
  readonly options: number
  /** Whole candidates, briefly. */
  readonly candidates: number
  /** Sub-networks that inherit what single options were fitted to. */
  readonly inherited: number
  /** Of these, those that are fitted themselves, briefly. */
  readonly survivors: number
  /** Whole candidates with all that the tuner has. */
  readonly finals: number
}

export interface BuildingRequest
  extends Omit<SearchRequest, 'algorithm' | 'evaluations' | 'losses'>,
    Omit<WorkshopOptions, 'opened'> {
  readonly algorithm: BuildingAlgorithm
  /** What options are guessed to lose before they are measured. */
  readonly guess: Losses
  readonly limits: BuildingLimits
  readonly onStage?: ((text: string) => void) | undefined
}

export interface BuildingOutcome extends SearchOutcome {
  /** What may be written: the next one's turn comes when one fails on data that the search has not seen. */
  readonly ladder: Ladder
  /** All candidates that were built, in order. */
  readonly built: readonly BuiltCandidate[]
  /** Of single options, as measured and corrected. */
  readonly losses: Losses
}

/**
 * Refits the few that may win with all effort, and says what was found. `atLatency`: what is expected to lose least there; default:
 * nobody knows.
 */
export async function settledOutcome(
  workshop: Workshop,
  request: BuildingRequest,
  losses: Losses,
  atLatency?: FinalsOptions['atLatency'],
): Promise<BuildingOutcome> {
  const { algorithm, opened, limits, maxDrop, onStage } = request
  onStage?.('refitting the best with all effort')
  const budgets = budgetsOf({ ...request, losses })
  const ladder = await settle(workshop, { budgets, maxDrop, most: limits.finals, atLatency })
  const best = ladder.first() ?? null
  return {
    algorithm,
    original: scored({ opened, losses }, opened.space.original),
    best,
    front: frontOf(workshop.latest().filter((each) => violationOf(each, budgets) === 0)),
    dominatedShare: null,
    trajectory: workshop.trajectory,
    evaluations: workshop.built.length,
    proof: null,
    reason: reasonOf(best, ladder, maxDrop, workshop.isStopped),
    ladder,
    built: workshop.built,
    losses,
  }
}

function reasonOf(best: BuiltCandidate | null, ladder: Ladder, maxDrop: number, isStopped: boolean): string | null {
  if (best === null)
    return `no candidate that was built keeps the budgets and is expected to drop by no more than ${maxDrop}`
  if (isStopped) return 'ended before all was looked at: the best so far'
  return ladder.expectedDrop(best) > maxDrop ? `the budgets are expected to cost more than a drop of ${maxDrop}` : null
}
