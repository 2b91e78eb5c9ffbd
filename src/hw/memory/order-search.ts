import { type SearchState, StateQueue } from './state-queue.js'
import { buffersByTask, Run, type TaskBuffers, type TaskGraph } from './task-graph.js'

/** What a search within a segment found. */
export interface SegmentResult {
  /** undefined: nothing better than `below` was found. */
  readonly order: readonly number[] | undefined
  /** No order of the segment has a lower peak than this, nor than the floor. */
  readonly bound: number
  /** Steps taken, of the budget. */
  readonly steps: number
}

/**
 * Orders of a segment with the lowest peak, best first over sets of done tasks. Peaks up to `floor` count as equal; only
 * peaks under `below` are of interest. Two rules keep the search small, both exact:
 *
 * - A set of done tasks is entered once, with the lowest peak: what is alive afterwards depends on the set alone.
 * - A task that fits under the peak so far and leaves no more alive than before is run at once. In any continuation it
 *   can be moved to the front: what it frees now it frees then, and all other tasks find no more alive than they did.
 *
 * Source: the second rule is the reduction of R. Sethi's pebbling arguments to sizes; see also J. Liu, "An application of
 * generalized tree pebbling to sparse matrix factorization", SIAM J. Alg. Disc. Meth. 8, 1987.
 */
export class SegmentSearch {
  readonly #graph: TaskGraph
  readonly #run: Run
  readonly #tasks: readonly number[]
  readonly #buffers: TaskBuffers
  /** By task of the segment, all by index within it. */
  readonly #followers: readonly (readonly number[])[]
  readonly #missing: Int32Array
  readonly #done: Uint32Array
  readonly #before: readonly number[]
  #steps = 0

  /** All tasks of `before` are done when the segment starts. */
  constructor(graph: TaskGraph, before: readonly number[], tasks: readonly number[]) {
    this.#graph = graph
    this.#tasks = tasks
    this.#before = before
    this.#buffers = buffersByTask(graph)
    this.#run = new Run(graph, this.#buffers)
    for (const task of before) this.#run.do(task)
    const place = new Map(tasks.map((task, i) => [task, i]))
    const inside = tasks.map((task) => graph.predecessors[task]!.flatMap((earlier) => place.get(earlier) ?? []))
    this.#missing = Int32Array.from(inside, (list) => list.length)
    const followers: number[][] = tasks.map(() => [])
    inside.forEach((list, task) => {
      for (const earlier of list) followers[earlier]!.push(task)
    })
    this.#followers = followers
    this.#done = new Uint32Array(Math.ceil(tasks.length / 32))
  }

  search(floor: number, below: number, budget: number): SegmentResult {
    const start = this.#steps
    const queue = new StateQueue()
    const seen = new Map<string, number>()
    let best: SearchState | undefined
    let limit = below
    const offer = (state: SearchState) => {
      if (state.peak >= limit) return
      const key = keyOf(state.done)
      if ((seen.get(key) ?? Number.POSITIVE_INFINITY) <= state.peak) return
      seen.set(key, state.peak)
      if (state.depth === this.#tasks.length) {
        best = state
        limit = state.peak
      } else queue.push(state)
    }
    this.#reset()
    offer(this.#settle(undefined, floor, []))
    let bound = Math.min(floor, below)
    for (let state = queue.pop(); state !== undefined && state.peak < limit; state = queue.pop()) {
      bound = state.peak
      if (this.#steps - start > budget) {
        return { order: this.#orderOf(best), bound, steps: this.#steps - start }
      }
      if (seen.get(keyOf(state.done))! < state.peak) continue
      this.#moveTo(state)
      for (let task = 0; task < this.#tasks.length; task++) {
        if (!this.#isReady(task)) continue
        const peak = Math.max(state.peak, this.#run.footprint(this.#tasks[task]!))
        this.#steps += 1
        if (peak >= limit) continue
        this.#do(task)
        const child = this.#settle(state, peak, [task])
        offer(child)
        for (const done of [...child.moves].reverse()) this.#undo(done)
      }
    }
    return { order: this.#orderOf(best), bound: limit, steps: this.#steps - start }
  }

  /** Runs every task that is free to run, then makes a state of it. */
  #settle(parent: SearchState | undefined, peak: number, moves: number[]): SearchState {
    for (let progress = true; progress; ) {
      progress = false
      for (let task = 0; task < this.#tasks.length; task++) {
        if (!this.#isReady(task)) continue
        this.#steps += 1
        const id = this.#tasks[task]!
        if (this.#run.growth(id) > 0 || this.#run.footprint(id) > peak) continue
        this.#do(task)
        moves.push(task)
        progress = true
      }
    }
    const depth = (parent?.depth ?? 0) + moves.length
    return { done: this.#done.slice(), peak, live: this.#run.live, depth, parent, moves }
  }

  #isReady = (task: number): boolean => this.#missing[task] === 0 && (this.#done[task >> 5]! & (1 << (task & 31))) === 0

  #do(task: number): void {
    this.#run.do(this.#tasks[task]!)
    this.#done[task >> 5]! |= 1 << (task & 31)
    for (const follower of this.#followers[task]!) this.#missing[follower]! -= 1
  }

  #undo(task: number): void {
    this.#run.undo(this.#tasks[task]!)
    this.#done[task >> 5]! &= ~(1 << (task & 31))
    for (const follower of this.#followers[task]!) this.#missing[follower]! += 1
  }

  /** Back to the segment's start. */
  #reset(): void {
    this.#moveTo({ done: new Uint32Array(this.#done.length), live: this.#startLive() })
  }

  #startLive(): number {
    const run = new Run(this.#graph, this.#buffers)
    for (const task of this.#before) run.do(task)
    return run.live
  }

  /** Adds and takes back what differs; what is alive is known of the state. */
  #moveTo({ done, live }: Pick<SearchState, 'done' | 'live'>): void {
    const { pending } = this.#run
    for (let w = 0; w < done.length; w++) {
      for (let bits = done[w]! ^ this.#done[w]!; bits !== 0; bits &= bits - 1) {
        const task = w * 32 + (31 - Math.clz32(bits & -bits))
        const step = done[w]! & (1 << (task & 31)) ? -1 : 1
        for (const buffer of this.#buffers.reads[this.#tasks[task]!]!) pending[buffer]! += step
        for (const follower of this.#followers[task]!) this.#missing[follower]! += step
      }
    }
    this.#done.set(done)
    this.#run.live = live
  }

  #orderOf(state: SearchState | undefined): number[] | undefined {
    if (state === undefined) return undefined
    const pieces: (readonly number[])[] = []
    for (let at: SearchState | undefined = state; at !== undefined; at = at.parent) pieces.push(at.moves)
    return pieces.reverse().flatMap((moves) => moves.map((task) => this.#tasks[task]!))
  }
}

const keyOf = (done: Uint32Array): string =>
  String.fromCharCode(...new Uint16Array(done.buffer, done.byteOffset, done.length * 2))
