import type { Closure } from './closure.js'
import { FlowNetwork } from './max-flow.js'
import type { TaskGraph } from './task-graph.js'

/** The sets of tasks done that leave least alive when one task runs. */
export interface LeastLive {
  /** Bytes alive while the task runs, at the least: no order has a lower peak. */
  readonly bytes: number
  /** Whether each task is done before it then. */
  readonly isBefore: (task: number) => boolean
}

/**
 * The least memory that can be alive while `task` runs, over all sets of tasks that may be done by then. A buffer counts
 * if its producer is done and one of its readers is not: a minimum cut between what comes before the task in any order
 * and what comes after it.
 */
export function leastLive(graph: TaskGraph, closure: Closure, task: number): LeastLive {
  let best = cut(graph, closure, task, [])
  // Writing the result over an operand saves bytes, but wants all other readers of the operand done.
  for (const buffer of graph.overwritable[task]!) {
    if (graph.stays[buffer]) continue
    const others = graph.readers[buffer]!.filter((reader) => reader !== task)
    if (others.some((reader) => closure.isAfter(reader, task))) continue
    const found = cut(graph, closure, task, others)
    const bytes = found.bytes - graph.bytes[buffer]!
    if (bytes < best.bytes) best = { ...found, bytes }
  }
  return best
}

/** `done`: tasks that must be done besides those that come before anyway. */
function cut(graph: TaskGraph, closure: Closure, task: number, done: readonly number[]): LeastLive {
  const { tasks, bytes, producer, readers, stays, predecessors } = graph
  const source = tasks + bytes.length
  const sink = source + 1
  const network = new FlowNetwork(sink + 1)
  const unlimited = Number.MAX_SAFE_INTEGER
  for (let each = 0; each < tasks; each++) {
    if (closure.isAfter(task, each) || done.includes(each)) network.add(source, each, unlimited)
    else if (each === task || closure.isAfter(each, task)) network.add(each, sink, unlimited)
    for (const earlier of predecessors[each]!) network.add(each, earlier, unlimited)
  }
  for (let buffer = 0; buffer < bytes.length; buffer++) {
    const from = producer[buffer]!
    if (bytes[buffer] === 0 || from === task) continue
    network.add(from < 0 ? source : from, tasks + buffer, bytes[buffer]!)
    if (stays[buffer]) network.add(tasks + buffer, sink, unlimited)
    for (const reader of readers[buffer]!) network.add(tasks + buffer, reader, unlimited)
  }
  const live = network.maximum(source, sink)
  return { bytes: live + graph.needs[task]!, isBefore: (each) => network.reaches(each) }
}
