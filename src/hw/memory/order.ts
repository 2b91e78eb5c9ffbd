import { Closure, unavoidableBytes } from './closure.js'
import { leastLive } from './least-live.js'
import type { OrderedTasks } from './levels.js'
import { SegmentSearch } from './order-search.js'
import { stableOrder } from './stable-order.js'
import { tailOf } from './tail.js'
import { footprints, peakOfOrder, type TaskGraph } from './task-graph.js'

/** Steps (tasks tried) that a search for the order of one graph may take. */
export const defaultOrderSteps = 200_000

/** How often the order is rebuilt around the task at its peak. */
const cutRounds = 24

/** Buffers under this part of the peak are left out of the first search. */
const smallPart = 1 / 256

/**
 * An order of tasks with a low peak, and a proven lower bound of all orders. In turn, until the two meet:
 *
 * 1. The given order, against what must be alive while some task runs.
 * 2. Minimum cuts: the least that can be alive while the task at the peak runs is a bound, and the tasks done then an
 *    order that meets it there.
 * 3. Tasks that everything comes before or after cut the order into segments; each is searched exactly within the budget.
 *    First without small buffers, which leaves a small search and a bound that holds with them as well.
 * 4. Where that does not end, it is asked for peaks between bound and best order by bisection: a search that need not
 *    tell low peaks apart is much faster.
 */
export function findOrder(graph: TaskGraph, budget = defaultOrderSteps): OrderedTasks {
  const given = stableOrder(graph)
  const closure = new Closure(graph)
  const bound = unavoidableBytes(graph, closure)
  let found: Found = { order: given, peak: peakOfOrder(graph, given), bound }
  found = cutAtPeaks(graph, closure, found)
  if (found.peak > found.bound) {
    const coarse = searchSegments(withoutSmall(graph, found.peak * smallPart), closure, found, budget / 3)
    found = cutAtPeaks(graph, closure, better(found, { ...coarse, peak: peakOfOrder(graph, coarse.order) }))
  }
  if (found.peak > found.bound) found = better(found, searchSegments(graph, closure, found, budget / 2))
  return { order: found.order, peakBytes: found.peak, lowerBoundBytes: Math.min(found.bound, found.peak) }
}

interface Found {
  readonly order: readonly number[]
  readonly peak: number
  readonly bound: number
}

const better = (a: Found, b: Found): Found => ({
  ...(b.peak < a.peak ? b : a),
  bound: Math.max(a.bound, b.bound),
})

/**
 * Brings, before the task at the peak, the set of tasks that leaves least alive then. The next peak may be higher: the
 * walk goes on, as it often comes down again, and ends when it returns to a peak it has been to.
 */
function cutAtPeaks(graph: TaskGraph, closure: Closure, start: Found): Found {
  let best = start
  let { order, peak } = start
  const visited = new Set<string>()
  for (let round = 0; round < cutRounds && best.peak > best.bound; round++) {
    const task = order[footprints(graph, order).indexOf(peak)]!
    const key = `${task} ${peak}`
    if (visited.has(key)) break
    visited.add(key)
    const { bytes, isBefore } = leastLive(graph, closure, task)
    const rest = order.filter((each) => each !== task && !isBefore(each))
    order = [...order.filter(isBefore), task, ...rest]
    peak = peakOfOrder(graph, order)
    best = better(best, { order, peak, bound: bytes })
  }
  return best
}

/** The same graph with buffers under `limit` bytes taken as empty: no order has a higher peak in it. */
function withoutSmall(graph: TaskGraph, limit: number): TaskGraph {
  const needs = graph.needs.slice()
  graph.producer.forEach((task, buffer) => {
    if (task >= 0 && graph.bytes[buffer]! < limit) needs[task]! -= graph.bytes[buffer]!
  })
  return { ...graph, bytes: graph.bytes.map((bytes) => (bytes < limit ? 0 : bytes)), needs }
}

function searchSegments(graph: TaskGraph, closure: Closure, start: Found, budget: number): Found {
  let { bound } = start
  const order: number[] = []
  const bytes = footprints(graph, start.order)
  let steps = budget
  for (const segment of segmentsOf(start.order, closure.cuts(graph.tasks))) {
    const peak = most(bytes.slice(order.length, order.length + segment.length))
    const found = improve(graph, order, segment, { peak, floor: bound, budget: steps })
    steps -= found.steps
    bound = Math.max(bound, found.bound)
    order.push(...found.order)
  }
  return { order, peak: peakOfOrder(graph, order), bound }
}

/** An order, cut behind every task that all others are before or after. In every order these pieces are in one piece. */
function segmentsOf(order: readonly number[], cuts: readonly number[]): number[][] {
  const isCut = new Set(cuts)
  const segments: number[][] = [[]]
  for (const task of order) {
    segments.at(-1)!.push(task)
    if (isCut.has(task)) segments.push([])
  }
  return segments.filter((segment) => segment.length > 0)
}

interface Improved {
  readonly order: readonly number[]
  readonly bound: number
  readonly steps: number
}

/** The best order found for one segment; `peak` is that of the given one. */
function improve(
  graph: TaskGraph,
  before: readonly number[],
  segment: readonly number[],
  { peak, floor, budget }: { readonly peak: number; readonly floor: number; readonly budget: number },
): Improved {
  let order = segment
  let best = peak
  if (segment.length === 1) return { order, bound: Math.max(floor, peak), steps: 0 }
  if (peak <= floor) return { order, bound: floor, steps: 0 }
  const tail = tailOf(graph, before, segment, floor)
  const isTail = new Set(tail)
  const head = segment.filter((task) => !isTail.has(task))
  const search = new SegmentSearch(graph, before, head)
  let bound = floor
  let steps = 0
  /** Looks for an order with a peak under the best; peaks up to `level` count as equal. */
  const attempt = (level: number, share: number) => {
    const found = search.search(level, best, share)
    steps += found.steps
    // Of peaks under the level nothing was learnt.
    if (found.bound > level) bound = Math.max(bound, found.bound)
    if (found.order === undefined) return
    order = [...found.order, ...tail]
    best = most(footprints(graph, [...before, ...order]).slice(before.length))
  }
  attempt(floor, budget / 2)
  for (let round = 0; round < 8 && bound < best && steps < budget; round++) attempt((bound + best) / 2, budget / 16)
  return { order, bound: Math.min(bound, best), steps }
}

const most = (bytes: readonly number[]): number => bytes.reduce((largest, each) => Math.max(largest, each), 0)
