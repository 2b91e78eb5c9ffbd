import { stableOrder } from './stable-order.js'
import { footprintsAlone, type TaskGraph } from './task-graph.js'

/** Ancestors and descendants of every task, as rows of bits. */
export class Closure {
  readonly words: number
  readonly before: Uint32Array
  readonly after: Uint32Array

  constructor({ tasks, predecessors }: Pick<TaskGraph, 'tasks' | 'predecessors'>) {
    this.words = Math.ceil(tasks / 32)
    this.before = new Uint32Array(tasks * this.words)
    this.after = new Uint32Array(tasks * this.words)
    const order = stableOrder({ tasks, predecessors })
    for (const task of order) for (const earlier of predecessors[task]!) this.#join(this.before, task, earlier)
    for (const task of order.reverse()) for (const earlier of predecessors[task]!) this.#join(this.after, earlier, task)
  }

  /** Whether `later` comes after `earlier` in any order. */
  isAfter = (later: number, earlier: number): boolean =>
    (this.before[later * this.words + (earlier >> 5)]! & (1 << (earlier & 31))) !== 0

  /** Row `from` and its task itself become part of row `into`. */
  #join(rows: Uint32Array, into: number, from: number): void {
    const { words } = this
    for (let w = 0; w < words; w++) rows[into * words + w]! |= rows[from * words + w]!
    rows[into * words + (from >> 5)]! |= 1 << (from & 31)
  }

  /** Tasks that every other task comes before or after in any order, in their order. */
  cuts(tasks: number): number[] {
    const found: { readonly task: number; readonly place: number }[] = []
    for (let task = 0; task < tasks; task++) {
      const place = this.#count(this.before, task)
      if (place + this.#count(this.after, task) === tasks - 1) found.push({ task, place })
    }
    return found.sort((a, b) => a.place - b.place).map(({ task }) => task)
  }

  #count(rows: Uint32Array, task: number): number {
    let count = 0
    for (let w = task * this.words; w < (task + 1) * this.words; w++) {
      for (let bits = rows[w]!; bits !== 0; bits &= bits - 1) count += 1
    }
    return count
  }
}

/**
 * Bytes that are alive while some task runs, whatever the order: what it reads and makes, and every buffer whose producer
 * always comes before it and of which a reader always comes after it. No order has a lower peak.
 */
export function unavoidableBytes(graph: TaskGraph, closure: Closure): number {
  const { tasks, bytes, producer, readers, stays } = graph
  const { words, before, after } = closure
  const alive = footprintsAlone(graph)
  const made = new Uint32Array(words)
  const needed = new Uint32Array(words)
  for (let buffer = 0; buffer < bytes.length; buffer++) {
    const from = producer[buffer]!
    if (from < 0) made.fill(0xffffffff)
    else made.set(after.subarray(from * words, (from + 1) * words))
    if (stays[buffer]) needed.fill(0xffffffff)
    else {
      needed.fill(0)
      for (const reader of readers[buffer]!) {
        for (let w = 0; w < words; w++) needed[w]! |= before[reader * words + w]!
      }
    }
    // Its readers count it already.
    for (const reader of readers[buffer]!) needed[reader >> 5]! &= ~(1 << (reader & 31))
    for (let w = 0; w < words; w++) {
      for (let bits = made[w]! & needed[w]!; bits !== 0; bits &= bits - 1) {
        const task = w * 32 + (31 - Math.clz32(bits & -bits))
        if (task < tasks) alive[task]! += bytes[buffer]!
      }
    }
  }
  return alive.reduce((most, sum) => Math.max(most, sum), 0)
}
