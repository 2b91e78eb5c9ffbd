import type { Candidate } from '../../estimator/memo-table.js'
import { type Budget, violationOf } from '../budgets.js'
import { keyOf } from '../space/space.js'
import { dropPerLoss, Ladder, type LossOf } from './ladder.js'
import { type BuiltCandidate, briefSlack } from './measured.js'
import type { Workshop } from './workshop.js'

export interface FinalsOptions {
  /** Absolute. */
  readonly budgets: readonly Budget[]
  readonly maxDrop: number
  /** Latency of the original. */
  readonly originalMs: number
  /** How many are built, with all effort or to find out which are worth that. */
  readonly most: number
  /** What is expected to lose least at a latency. */
  readonly atLatency?: ((latencyMs: number) => Promise<Candidate | undefined>) | undefined
}

/** No closer look is taken between candidates whose latencies are nearer to each other than by this factor. */
const nearest = 1.02

/** Those that no other is both faster and loses less than, fastest first. */
export function frontOf(built: readonly BuiltCandidate[], lossOf: LossOf = ({ loss }) => loss): BuiltCandidate[] {
  const sorted = [...built].sort((a, b) => a.latencyMs - b.latencyMs || lossOf(a) - lossOf(b))
  let least = Number.POSITIVE_INFINITY
  return sorted.filter((each) => {
    const loss = lossOf(each)
    if (loss >= least) return false
    least = loss
    return true
  })
}

/**
 * Builds some candidates of the front with all effort: those that lose least where there is a budget of latency, else by halving
 * the range between what is expected to keep the metric and what is not, where others are put together when none is left in
 * there. Gives what may be written.
 */
export async function settle(workshop: Workshop, options: FinalsOptions): Promise<Ladder> {
  const { budgets, originalMs, maxDrop, most, atLatency } = options
  const withinBudgets = () => workshop.latest().filter((each) => violationOf(each, budgets) === 0)
  const isLatencyBound = budgets.some(({ figure }) => figure === 'latency')
  for (let built = 0; built < most && !workshop.isStopped; built++) {
    const front = frontOf(withinBudgets())
    const mostLoss = maxDrop / dropPerLoss(workshop.fits)
    const next = isLatencyBound ? front.at(-1) : between(front, mostLoss, slackIn(workshop.fits))
    if (next?.rung === 'full') break
    const gapMs = next === undefined ? gapIn(front, mostLoss) : undefined
    const candidate = next?.candidate ?? (gapMs === undefined ? undefined : await atLatency?.(gapMs))
    if (candidate === undefined || (next === undefined && workshop.has(candidate, 'brief'))) break
    const [found] = await workshop.buildAll([candidate], next === undefined ? 'brief' : 'full')
    if (found === undefined) break
  }
  // What was built briefly may be written too, and is refitted with all effort then.
  // The less was changed, the less is left to gain by that: the root of what the finals gained.
  const slack = Math.sqrt(Math.max(1, slackIn(workshop.fits)))
  const lossOf: LossOf = ({ rung, loss }) => (rung === 'brief' ? loss / slack : loss)
  const front = frontOf(withinBudgets(), lossOf)
  const perLoss = dropPerLoss(workshop.fits)
  // Within a budget of latency nothing is gained by being faster still; other budgets come before the metric, on which the gate
  // has the last word.
  const expected = { originalMs, perLoss, lossOf }
  const ladder = new Ladder(isLatencyBound ? front.slice(-1) : front, {
    ...expected,
    maxDrop: isLatencyBound ? Number.POSITIVE_INFINITY : maxDrop,
  })
  const isHopeless = ladder.first() === undefined && budgets.length > 0
  return isHopeless ? new Ladder(front.slice(-1), { ...expected, maxDrop: Number.POSITIVE_INFINITY }) : ladder
}

/**
 * Of those not yet built with all effort, between the fastest that is known to lose no more than `mostLoss` and what is known to
 * lose more: the fastest that may do with such effort; undefined: there is none.
 */
function between(front: readonly BuiltCandidate[], mostLoss: number, slack: number): BuiltCandidate | undefined {
  const isKept = ({ loss }: BuiltCandidate) => loss <= mostLoss
  const known = front.filter(({ rung }) => rung === 'full')
  const fastestKept = Math.min(...known.filter(isKept).map(({ latencyMs }) => latencyMs))
  return front.find((each) => each.rung === 'brief' && each.latencyMs < fastestKept && each.loss <= slack * mostLoss)
}

/** Half-way from the fastest that keeps the metric to the next one that is faster; undefined: there is nothing in between. */
function gapIn(front: readonly BuiltCandidate[], mostLoss: number): number | undefined {
  const kept = front.findIndex(({ rung, loss }) => rung === 'full' && loss <= mostLoss)
  const [fast, slow] = [front[kept - 1], front[kept]]
  if (fast === undefined || slow === undefined || slow.latencyMs < nearest * fast.latencyMs) return undefined
  return (fast.latencyMs + slow.latencyMs) / 2
}

/** How many times more a brief fit loses than one with all effort, as far as some were built both ways. */
function slackIn(built: readonly BuiltCandidate[]): number {
  const gains = built.flatMap((full) => {
    const brief = built.find(({ rung, candidate }) => rung === 'brief' && keyOf(candidate) === keyOf(full.candidate))
    return full.rung === 'full' && brief !== undefined ? [brief.loss / Math.max(full.loss, Number.EPSILON)] : []
  })
  return gains.length === 0 ? briefSlack : gains.reduce((sum, gain) => sum + gain, 0) / gains.length
}
