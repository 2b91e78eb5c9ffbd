import { buffersByTask, Run, type TaskBuffers, type TaskGraph } from './task-graph.js'

/**
 * The tasks of a segment being run and taken back. Tasks are named by their index in the segment; all tasks of `before`
 * are done when it starts.
 */
export class SegmentRun {
  readonly length: number
  /** Bits by task. */
  readonly done: Uint32Array
  /** Tasks that could run now. */
  readonly ready: number[] = []
  readonly #tasks: readonly number[]
  readonly #buffers: TaskBuffers
  readonly #run: Run
  readonly #startLive: number
  readonly #followers: readonly (readonly number[])[]
  readonly #missing: Int32Array
  /** Where in `ready` each task done since the last `moveTo` was. */
  readonly #places: number[] = []

  constructor(graph: TaskGraph, before: readonly number[], tasks: readonly number[]) {
    this.length = tasks.length
    this.#tasks = tasks
    this.#buffers = buffersByTask(graph)
    this.#run = new Run(graph, this.#buffers)
    for (const task of before) this.#run.do(task)
    this.#startLive = this.#run.live
    const place = new Map(tasks.map((task, i) => [task, i]))
    const inside = tasks.map((task) => graph.predecessors[task]!.flatMap((earlier) => place.get(earlier) ?? []))
    this.#missing = Int32Array.from(inside, (list) => list.length)
    const followers: number[][] = tasks.map(() => [])
    inside.forEach((list, task) => {
      for (const earlier of list) followers[earlier]!.push(task)
    })
    this.#followers = followers
    this.done = new Uint32Array(Math.ceil(tasks.length / 32))
    this.#findReady()
  }

  /** Bytes alive now. */
  get live(): number {
    return this.#run.live
  }

  footprint = (task: number): number => this.#run.footprint(this.#tasks[task]!)
  growth = (task: number): number => this.#run.growth(this.#tasks[task]!)
  /** The task's name in the graph. */
  idOf = (task: number): number => this.#tasks[task]!

  /** Tasks that become ready are appended to `ready`. */
  do(task: number): void {
    this.#run.do(this.#tasks[task]!)
    this.done[task >> 5]! |= 1 << (task & 31)
    const place = this.ready.indexOf(task)
    this.#places.push(place)
    this.ready.splice(place, 1)
    for (const follower of this.#followers[task]!) {
      this.#missing[follower]! -= 1
      if (this.#missing[follower] === 0) this.ready.push(follower)
    }
  }

  /** Takes back the task done last. */
  undo(task: number): void {
    this.#run.undo(this.#tasks[task]!)
    this.done[task >> 5]! &= ~(1 << (task & 31))
    for (const follower of this.#followers[task]!) {
      if (this.#missing[follower] === 0) this.ready.pop()
      this.#missing[follower]! += 1
    }
    this.ready.splice(this.#places.pop()!, 0, task)
  }

  /** Makes `done` the tasks done; `live` is what is alive then, known from the first time. */
  moveTo(done: Uint32Array, live = this.#startLive): void {
    const { pending } = this.#run
    for (let w = 0; w < done.length; w++) {
      for (let bits = done[w]! ^ this.done[w]!; bits !== 0; bits &= bits - 1) {
        const task = w * 32 + (31 - Math.clz32(bits & -bits))
        const step = done[w]! & (1 << (task & 31)) ? -1 : 1
        for (const buffer of this.#buffers.reads[this.#tasks[task]!]!) pending[buffer]! += step
        for (const follower of this.#followers[task]!) this.#missing[follower]! += step
      }
    }
    this.done.set(done)
    this.#run.live = live
    this.#places.length = 0
    this.#findReady()
  }

  #findReady(): void {
    this.ready.length = 0
    for (let task = 0; task < this.length; task++) {
      if (this.#missing[task] === 0 && (this.done[task >> 5]! & (1 << (task & 31))) === 0) this.ready.push(task)
    }
  }
}
