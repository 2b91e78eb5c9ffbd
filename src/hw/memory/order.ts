import { Closure, unavoidableBytes } from './closure.js'
import type { OrderedTasks } from './levels.js'
import { SegmentSearch } from './order-search.js'
import { stableOrder } from './stable-order.js'
import { footprints, peakOfOrder, type TaskGraph } from './task-graph.js'

/** Steps (tasks tried) that a search for the order of one graph may take, exact part and repairs together. */
export const defaultOrderSteps = 60_000

/**
 * An order of tasks with a low peak, and a proven lower bound of all orders. Tasks that everything comes before or after
 * cut the order into segments; each is searched exactly within the budget. Where that does not end, the search is asked
 * for peaks between bound and best order by bisection: it is much faster when it need not tell low peaks apart.
 */
export function findOrder(graph: TaskGraph, budget = defaultOrderSteps): OrderedTasks {
  const given = stableOrder(graph)
  const closure = new Closure(graph)
  let bound = unavoidableBytes(graph, closure)
  if (peakOfOrder(graph, given) <= bound) return { order: given, peakBytes: bound, lowerBoundBytes: bound }
  const order: number[] = []
  const bytes = footprints(graph, given)
  let steps = budget
  for (const segment of segmentsOf(given, closure.cuts(graph.tasks))) {
    const peak = most(bytes.slice(order.length, order.length + segment.length))
    const found = improve(graph, order, segment, { peak, floor: bound, budget: steps })
    steps -= found.steps
    bound = Math.max(bound, found.bound)
    order.push(...found.order)
  }
  const peakBytes = peakOfOrder(graph, order)
  return { order, peakBytes, lowerBoundBytes: Math.min(bound, peakBytes) }
}

/** The given order, cut behind every task that all others are before or after. In every order these pieces are in one piece. */
function segmentsOf(given: readonly number[], cuts: readonly number[]): number[][] {
  const isCut = new Set(cuts)
  const segments: number[][] = [[]]
  for (const task of given) {
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
  const search = new SegmentSearch(graph, before, segment)
  let bound = floor
  let steps = 0
  /** Looks for an order with a peak under the best; peaks up to `level` count as equal. */
  const attempt = (level: number, share: number) => {
    const found = search.search(level, best, share)
    steps += found.steps
    // Of peaks under the level nothing was learnt.
    if (found.bound > level) bound = Math.max(bound, found.bound)
    if (found.order === undefined) return
    order = found.order
    best = most(footprints(graph, [...before, ...order]).slice(before.length))
  }
  attempt(floor, budget / 2)
  for (let round = 0; round < 8 && bound < best && steps < budget; round++) attempt((bound + best) / 2, budget / 16)
  return { order, bound: Math.min(bound, best), steps }
}

const most = (bytes: readonly number[]): number => bytes.reduce((largest, each) => Math.max(largest, each), 0)
