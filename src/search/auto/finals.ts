import { type Budget, violationOf } from '../budgets.js'
import { keyOf } from '../space/space.js'
import { dropPerLoss, Ladder, type LossOf } from './ladder.js'
import { type BuiltCandidate, briefSlack } from './measured.js'
import type { Workshop } from './workshop.js'

export interface FinalsOptions {
  /** Absolute. */
  readonly budgets: readonly Budget[]
  readonly maxDrop: number
  /** How many are built with all effort. */
  readonly most: number
}

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
 * the range between what is expected to keep the metric and what is not. Gives what may be written.
 */
export async function settle(workshop: Workshop, options: FinalsOptions): Promise<Ladder> {
  const { budgets, maxDrop, most } = options
  const withinBudgets = () => workshop.latest().filter((each) => violationOf(each, budgets) === 0)
  const isLatencyBound = budgets.some(({ figure }) => figure === 'latency')
  for (let built = 0; built < most && !workshop.isStopped; built++) {
    const front = frontOf(withinBudgets())
    const mostLoss = maxDrop / dropPerLoss(workshop.fits)
    const next = isLatencyBound ? front.at(-1) : between(front, mostLoss, slackIn(workshop.fits))
    if (next === undefined || next.rung === 'full') break
    const [full] = await workshop.buildAll([next.candidate], 'full')
    if (full === undefined) break
  }
  // What was built briefly may be written too, and is refitted with all effort then.
  const slack = slackIn(workshop.fits)
  const lossOf: LossOf = ({ rung, loss }) => (rung === 'brief' ? loss / slack : loss)
  const front = frontOf(withinBudgets(), lossOf)
  const perLoss = dropPerLoss(workshop.fits)
  // Within a budget of latency nothing is gained by being faster still; other budgets come before the metric, on which the gate
  // has the last word.
  const ladder = new Ladder(
    isLatencyBound ? front.slice(-1) : front,
    isLatencyBound ? Number.POSITIVE_INFINITY : maxDrop,
    perLoss,
    lossOf,
  )
  const isHopeless = ladder.first() === undefined && budgets.length > 0
  return isHopeless ? new Ladder(front.slice(-1), Number.POSITIVE_INFINITY, perLoss, lossOf) : ladder
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

/** How many times more a brief fit loses than one with all effort, as far as some were built both ways. */
function slackIn(built: readonly BuiltCandidate[]): number {
  const gains = built.flatMap((full) => {
    const brief = built.find(({ rung, candidate }) => rung === 'brief' && keyOf(candidate) === keyOf(full.candidate))
    return full.rung === 'full' && brief !== undefined ? [brief.loss / Math.max(full.loss, Number.EPSILON)] : []
  })
  return gains.length === 0 ? briefSlack : gains.reduce((sum, gain) => sum + gain, 0) / gains.length
}
