import { type Budget, violationOf } from '../budgets.js'
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
export function frontOf(built: readonly BuiltCandidate[]): BuiltCandidate[] {
  const sorted = [...built].sort((a, b) => a.latencyMs - b.latencyMs || a.loss - b.loss)
  let least = Number.POSITIVE_INFINITY
  return sorted.filter(({ loss }) => {
    if (loss >= least) return false
    least = loss
    return true
  })
}

/**
 * Builds some candidates of the front with all effort, and ranks what may be written. With a budget of latency those that lose
 * least briefly; without, the range between what keeps the metric and what does not is narrowed down, by how much better the
 * last one became than it was.
 */
export async function settle(workshop: Workshop, options: FinalsOptions): Promise<BuiltCandidate[]> {
  const { budgets, maxDrop, most } = options
  const front = frontOf(workshop.latest().filter((each) => violationOf(each, budgets) === 0))
  if (front.length === 0) return []
  if (budgets.some(({ figure }) => figure === 'latency')) {
    const promising = [...front].sort((a, b) => a.loss - b.loss).slice(0, most)
    await buildFully(workshop, promising)
    return [...latestOf(workshop, promising)].sort((a, b) => a.loss - b.loss)
  }
  let at = indexWithin(front, maxDrop * briefSlack)
  const tried = new Map<number, BuiltCandidate>()
  while (at !== undefined && tried.size < most && !workshop.isStopped) {
    const [full] = await buildFully(workshop, [front[at]!])
    if (full === undefined) break
    tried.set(at, full)
    at = nextOf(front, tried, at, full, maxDrop)
  }
  const known = latestOf(workshop, front)
  const kept = known.filter(({ drop }) => drop <= maxDrop).sort((a, b) => a.latencyMs - b.latencyMs)
  // What keeps a budget is written even if it drops more: the gate has the last word.
  return kept.length > 0 || budgets.length === 0 ? kept : [...known].sort((a, b) => a.drop - b.drop).slice(0, 1)
}

async function buildFully(workshop: Workshop, candidates: readonly BuiltCandidate[]): Promise<BuiltCandidate[]> {
  const built = await workshop.buildAll(
    candidates.map(({ candidate }) => candidate),
    'full',
  )
  return built.filter((each) => each !== undefined)
}

/** What is known of some candidates by now. */
function latestOf(workshop: Workshop, candidates: readonly BuiltCandidate[]): BuiltCandidate[] {
  const wanted = new Set(candidates.map(({ candidate }) => candidate.join()))
  return workshop.latest().filter(({ candidate }) => wanted.has(candidate.join()))
}

/** The fastest of a front that drops by no more than that. */
function indexWithin(front: readonly BuiltCandidate[], drop: number): number | undefined {
  const at = front.findIndex((each) => each.drop <= drop)
  return at < 0 ? front.length - 1 : at
}

/**
 * Which one to try next: faster where the last one kept the metric, slower where it did not, the first that is foreseen to keep
 * it once it is refitted as well; undefined: nothing lies between any more.
 */
function nextOf(
  front: readonly BuiltCandidate[],
  tried: ReadonlyMap<number, BuiltCandidate>,
  at: number,
  full: BuiltCandidate,
  maxDrop: number,
): number | undefined {
  const isKept = (i: number) => tried.get(i)!.drop <= maxDrop
  const passed = [...tried.keys()].filter(isKept)
  const failed = [...tried.keys()].filter((i) => !isKept(i))
  const [slowestFailed, fastestPassed] = [Math.max(-1, ...failed), Math.min(front.length, ...passed)]
  const between = Array.from(
    { length: Math.max(0, fastestPassed - slowestFailed - 1) },
    (_, i) => slowestFailed + 1 + i,
  )
  if (between.length === 0) return undefined
  const gain = full.drop / Math.max(front[at]!.drop, Number.EPSILON)
  const foreseen = between.find((i) => front[i]!.drop * gain <= maxDrop)
  // Nothing is foreseen to: slower ones may all the same, faster ones are not worth a try.
  return foreseen ?? (isKept(at) ? undefined : between.at(-1))
}
