/**
 * What the search for an order works on: tasks that make and read buffers. Memory alive between tasks is a function of
 * which tasks are done: a buffer lives from its producer to its last reader, whichever that turns out to be.
 */
export interface TaskGraph {
  readonly tasks: number
  /** Tasks that must be done before each task. */
  readonly predecessors: readonly (readonly number[])[]
  readonly bytes: Float64Array
  /** The task that makes each buffer; -1: alive from the start. */
  readonly producer: Int32Array
  /** Tasks that read each buffer, each once. */
  readonly readers: readonly (readonly number[])[]
  /** 1: the buffer stays to the end. */
  readonly stays: Uint8Array
  /** Bytes a task needs while it runs, on top of what was alive before: its results and its work space. */
  readonly needs: Float64Array
  /** By task: buffers of the same bytes as its only result, which it may take over when it is their last reader. */
  readonly overwritable: readonly (readonly number[])[]
}

/** Bytes alive while each task of an order runs. */
export function footprints(graph: TaskGraph, order: readonly number[]): number[] {
  const run = new Run(graph)
  return order.map((task) => run.do(task))
}

export const peakOfOrder = (graph: TaskGraph, order: readonly number[]): number =>
  footprints(graph, order).reduce((most, bytes) => Math.max(most, bytes), 0)

/** Bytes that are alive while each task runs even if nothing else is: what it reads, and what it needs. */
export function footprintsAlone(graph: TaskGraph): Float64Array {
  const { bytes, readers, stays, needs, overwritable } = graph
  const alone = needs.slice()
  readers.forEach((list, buffer) => {
    for (const task of list) alone[task]! += bytes[buffer]!
  })
  overwritable.forEach((buffers, task) => {
    const given = buffers.find((buffer) => !stays[buffer])
    if (given !== undefined) alone[task]! -= bytes[given]!
  })
  return alone
}

/** Buffers read and made by each task. */
export interface TaskBuffers {
  readonly reads: readonly (readonly number[])[]
  readonly makes: readonly (readonly number[])[]
}

export function buffersByTask({ tasks, producer, readers }: TaskGraph): TaskBuffers {
  const reads: number[][] = Array.from({ length: tasks }, () => [])
  const makes: number[][] = Array.from({ length: tasks }, () => [])
  readers.forEach((list, buffer) => {
    for (const task of list) reads[task]!.push(buffer)
  })
  producer.forEach((task, buffer) => {
    if (task >= 0) makes[task]!.push(buffer)
  })
  return { reads, makes }
}

/** Executes tasks one by one and keeps count of what is alive. */
export class Run {
  readonly #graph: TaskGraph
  readonly buffers: TaskBuffers
  /** Readers still to come, by buffer. */
  readonly pending: Int32Array
  live: number

  constructor(graph: TaskGraph, buffers: TaskBuffers = buffersByTask(graph)) {
    this.#graph = graph
    this.buffers = buffers
    this.pending = Int32Array.from(graph.readers, (list, buffer) => list.length + graph.stays[buffer]!)
    this.live = 0
    graph.producer.forEach((task, buffer) => {
      if (task === -1 && this.pending[buffer]! > 0) this.live += graph.bytes[buffer]!
    })
  }

  /** Bytes alive while `task` would run now. */
  footprint(task: number): number {
    const { needs, overwritable, bytes } = this.#graph
    for (const buffer of overwritable[task]!) {
      if (this.pending[buffer] === 1) return this.live + needs[task]! - bytes[buffer]!
    }
    return this.live + needs[task]!
  }

  /** What `task` would add to the memory alive after it. */
  growth(task: number): number {
    const { bytes } = this.#graph
    let growth = 0
    for (const buffer of this.buffers.makes[task]!) if (this.pending[buffer]! > 0) growth += bytes[buffer]!
    for (const buffer of this.buffers.reads[task]!) if (this.pending[buffer] === 1) growth -= bytes[buffer]!
    return growth
  }

  /** Runs `task` and returns the bytes alive meanwhile. */
  do(task: number): number {
    const footprint = this.footprint(task)
    this.live += this.growth(task)
    for (const buffer of this.buffers.reads[task]!) this.pending[buffer]! -= 1
    return footprint
  }

  undo(task: number): void {
    for (const buffer of this.buffers.reads[task]!) this.pending[buffer]! += 1
    this.live -= this.growth(task)
  }
}
