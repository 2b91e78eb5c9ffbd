import { SegmentRun } from './segment-run.js'
import { type SearchState, StateQueue } from './state-queue.js'
import type { TaskGraph } from './task-graph.js'

/** What a search within a segment found. */
export interface SegmentResult {
  /** undefined: nothing better than `below` was found. */
  readonly order: readonly number[] | undefined
  /** No order of the segment has a lower peak than this; peaks under the floor are not told apart. */
  readonly bound: number
  /** Tasks tried, of the budget. */
  readonly steps: number
}

/**
 * Orders of a segment with the lowest peak, best first over sets of done tasks. Peaks up to `floor` count as equal; only
 * peaks under `below` are of interest. Three rules keep the search small, all exact:
 *
 * - A set of done tasks is entered once, with the lowest peak: what is alive afterwards depends on the set alone.
 * - A task that fits under the peak so far and leaves no more alive than before is run at once. In any continuation it
 *   can be moved to the front: what it frees now it frees then, and all other tasks find no more alive than they did.
 * - The same holds for a row of tasks, each made possible by the one before, that ends no higher than it began: whatever
 *   part of the row a continuation has run, running all of it leaves less alive.
 *
 * Source: the rules extend the segments of J. Liu, "An application of generalized tree pebbling to sparse matrix
 * factorization", SIAM J. Alg. Disc. Meth. 8, 1987, from trees to graphs.
 */
export class SegmentSearch {
  readonly #run: SegmentRun
  #steps = 0

  /** All tasks of `before` are done when the segment starts. */
  constructor(graph: TaskGraph, before: readonly number[], tasks: readonly number[]) {
    this.#run = new SegmentRun(graph, before, tasks)
  }

  search(floor: number, below: number, budget: number): SegmentResult {
    this.#steps = 0
    const run = this.#run
    const queue = new StateQueue()
    const seen = new Map<string, number>()
    let best: SearchState | undefined
    let limit = below
    const offer = (state: SearchState) => {
      if (state.peak >= limit) return
      const key = keyOf(state.done)
      if ((seen.get(key) ?? Number.POSITIVE_INFINITY) <= state.peak) return
      seen.set(key, state.peak)
      if (state.depth === run.length) {
        best = state
        limit = state.peak
      } else queue.push(state)
    }
    run.moveTo(new Uint32Array(run.done.length))
    offer(this.#settle(undefined, floor, []))
    for (let state = queue.pop(); state !== undefined && state.peak < limit; state = queue.pop()) {
      if (this.#steps > budget) return { order: this.#orderOf(best), bound: state.peak, steps: this.#steps }
      if (seen.get(keyOf(state.done))! < state.peak) continue
      run.moveTo(state.done, state.live)
      for (const task of [...run.ready]) {
        const peak = Math.max(state.peak, run.footprint(task))
        this.#steps += 1
        if (peak >= limit) continue
        run.do(task)
        const child = this.#settle(state, peak, [task])
        offer(child)
        this.#takeBack(child.moves)
      }
    }
    return { order: this.#orderOf(best), bound: limit, steps: this.#steps }
  }

  /** Runs everything that may run at once, then makes a state of it. */
  #settle(parent: SearchState | undefined, peak: number, moves: number[]): SearchState {
    const run = this.#run
    for (let progress = true; progress; ) {
      progress = false
      for (let i = 0; i < run.ready.length; i++) {
        const row = this.#freeRow(run.ready[i]!, peak)
        if (row === undefined) continue
        moves.push(...row)
        progress = true
        i -= 1
      }
    }
    const depth = (parent?.depth ?? 0) + moves.length
    return { done: run.done.slice(), peak, live: run.live, depth, parent, moves }
  }

  /** Runs a row of tasks that begins with `first`, fits under `peak` and ends no higher than it began; undefined: none. */
  #freeRow(first: number, peak: number): number[] | undefined {
    const run = this.#run
    const before = run.live
    const row: number[] = []
    for (let next: number | undefined = first; next !== undefined; ) {
      this.#steps += 1
      if (run.footprint(next) > peak) break
      let fresh = run.ready.length - 1
      run.do(next)
      row.push(next)
      // Behind `fresh` are the tasks that the last one made possible: those that cost nothing go first.
      for (let i = fresh; i < run.ready.length; i++) {
        const task = run.ready[i]!
        this.#steps += 1
        if (run.growth(task) > 0 || run.footprint(task) > peak) continue
        run.do(task)
        row.push(task)
        i = fresh - 1
      }
      if (run.live <= before) return row
      next = undefined
      for (let least = Number.POSITIVE_INFINITY; fresh < run.ready.length; fresh++) {
        const growth = run.growth(run.ready[fresh]!)
        if (growth >= least) continue
        least = growth
        next = run.ready[fresh]
      }
    }
    this.#takeBack(row)
    return undefined
  }

  #takeBack(moves: readonly number[]): void {
    for (let i = moves.length - 1; i >= 0; i--) this.#run.undo(moves[i]!)
  }

  #orderOf(state: SearchState | undefined): number[] | undefined {
    if (state === undefined) return undefined
    const pieces: (readonly number[])[] = []
    for (let at: SearchState | undefined = state; at !== undefined; at = at.parent) pieces.push(at.moves)
    return pieces.reverse().flatMap((moves) => moves.map(this.#run.idOf))
  }
}

/** Sixteen tasks a character. */
const keyOf = (done: Uint32Array): string =>
  String.fromCharCode(...new Uint16Array(done.buffer, done.byteOffset, done.length * 2))
