import { violationOf } from '../budgets.js'
import type { Losses } from '../fidelity/losses.js'
import { budgetsOf, type SearchOutcome, type SearchRequest, scored } from '../request.js'
import { keyOf } from '../space/space.js'
import { frontOf, settle } from './finals.js'
import { dropPerLoss, type Ladder } from './ladder.js'
import { candidatesAtLevels } from './levels.js'
import { type BuiltCandidate, briefSlack } from './measured.js'
import { corrected, optionLosses } from './option-losses.js'
import { promisingOptions } from './screening.js'
import { Workshop, type WorkshopOptions } from './workshop.js'

/** How many are built at each stage. */
export interface AutoLimits {
  /** Single options, briefly. */
  readonly options: number
  /** Whole candidates, briefly. */
  readonly candidates: number
  /** Whole candidates with all that the tuner has. */
  readonly finals: number
}

export interface AutoRequest
  extends Omit<SearchRequest, 'algorithm' | 'evaluations' | 'losses'>,
    Omit<WorkshopOptions, 'opened'> {
  /** What options are guessed to lose before they are measured. */
  readonly guess: Losses
  readonly limits: AutoLimits
  readonly onStage?: ((text: string) => void) | undefined
}

export interface AutoOutcome extends SearchOutcome {
  /** What may be written: the next one's turn comes when one fails on data that the search has not seen. */
  readonly ladder: Ladder
  /** All candidates that were built, in order. */
  readonly built: readonly BuiltCandidate[]
  /** Of single options, as measured and corrected. */
  readonly losses: Losses
}

/** Shares of the original's latency that the first candidates are to keep. */
const [highestLevel, lowestLevel] = [0.95, 0.35]

/** Of the candidates the share that is looked at before the interesting range is known. */
const firstShare = 0.6

/**
 * The three families one after the other: single options are screened by guesses that cost nothing and measured, an integer
 * program puts them together at many levels of latency, and those candidates are built, in two rounds, of which the second looks
 * closer at where the metric gives way; the few that may win are refitted with all effort, by successive halving of the range
 * between what keeps the metric and what does not.
 *
 * Found is the fastest candidate within the budgets whose metric drops by no more than allowed; with a budget of latency, the one
 * that loses least within it. The same request gives the same outcome, however many are built side by side, unless it is stopped.
 */
export async function searchAuto(request: AutoRequest): Promise<AutoOutcome> {
  const { opened, guess, limits, maxDrop, onStage } = request
  const { space } = opened
  const workshop = new Workshop(request)
  const base = { ...request, losses: guess }

  // What has to be changed is changed in all candidates.
  const least = space.canonical(space.original.slice())
  const options = promisingOptions(base, least, limits.options)
  onStage?.(`measuring ${options.length} options one by one`)
  const isChanged = keyOf(least) !== keyOf(space.original)
  const [leastBuilt] = isChanged ? await workshop.buildAll([least], 'brief') : []
  const found = await workshop.buildAll(
    options.map(({ candidate }) => candidate),
    'brief',
  )
  const measured = options.map((option, i) => ({
    ...option,
    loss: Math.max(0, (found[i]?.loss ?? Number.POSITIVE_INFINITY) - (leastBuilt?.loss ?? 0)),
  }))
  let losses = optionLosses(space, guess, least, measured)
  if (request.start !== undefined) await workshop.buildAll([request.start], 'brief')

  // What there are too few options for is candidates.
  const whole = limits.candidates + limits.options - options.length
  const first = Math.ceil(firstShare * whole)
  for (const [levels, most] of [
    [() => evenly(highestLevel, lowestLevel, first), first],
    [() => levelsNear(workshop.latest(), base, whole - first), whole - first],
  ] as const) {
    onStage?.('putting options together')
    const known = new Set(workshop.built.map(({ candidate }) => keyOf(candidate)))
    const candidates = await candidatesAtLevels({ ...base, losses }, levels())
    const fresh = candidates.filter((candidate) => !known.has(keyOf(candidate))).slice(0, most)
    onStage?.(`building ${fresh.length} candidates`)
    const built = await workshop.buildAll(fresh, 'brief')
    losses = corrected(
      losses,
      space,
      built.filter((each) => each !== undefined),
    )
  }

  onStage?.('refitting the best with all effort')
  const budgets = budgetsOf(base)
  const ladder = await settle(workshop, { budgets, maxDrop, most: limits.finals })
  const best = ladder.first() ?? null
  return {
    algorithm: 'auto',
    original: scored({ opened, losses }, space.original),
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

const evenly = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? from : from + ((to - from) * i) / (count - 1)))

/**
 * From somewhat slower than the fastest that keeps the metric, which is what comes next if that one fails in the end, to the
 * fastest that may keep it, once it is refitted with all effort.
 */
function levelsNear(
  built: readonly BuiltCandidate[],
  { opened, maxDrop }: Pick<AutoRequest, 'opened' | 'maxDrop'>,
  count: number,
): number[] {
  const originalMs = opened.table.score(opened.space.original).latencyMs
  const mostLoss = maxDrop / dropPerLoss(built)
  const fastest = (loss: number) =>
    Math.min(originalMs, ...built.filter((each) => each.loss <= loss).map(({ latencyMs }) => latencyMs)) / originalMs
  const [slow, fast] = [fastest(mostLoss), fastest(briefSlack * mostLoss)]
  return evenly(Math.min(highestLevel, slow / narrowest), Math.min(fast, narrowest * slow), count + 1).slice(1)
}

/** The range of levels that are looked at closely is at least as wide as from 1 to this, on either side. */
const narrowest = 0.92
