import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findOrder } from './order.js'
import { stableOrder } from './stable-order.js'
import { peakOfOrder, type TaskGraph } from './task-graph.js'

interface Spec {
  /** By task: bytes of its result, the tasks it reads (indices, taken modulo its own), whether it may overwrite. */
  readonly tasks: readonly { readonly bytes: number; readonly reads: readonly number[]; readonly overwrites: boolean }[]
  /** Bytes of inputs; every task without reads takes one. */
  readonly inputs: readonly number[]
}

/** Every task makes one buffer; buffers nobody reads stay. */
function graphOf({ tasks, inputs }: Spec): TaskGraph {
  const readers: number[][] = [...tasks, ...inputs].map(() => [])
  const predecessors = tasks.map(({ reads }, task) => {
    const from = task === 0 ? [] : [...new Set(reads.map((each) => each % task))]
    for (const earlier of from) readers[earlier]!.push(task)
    if (from.length === 0 && inputs.length > 0) readers[tasks.length + (task % inputs.length)]!.push(task)
    return from
  })
  const bytes = Float64Array.from([...tasks.map((task) => task.bytes), ...inputs])
  return {
    tasks: tasks.length,
    predecessors,
    bytes,
    producer: Int32Array.from([...tasks.keys(), ...inputs.map(() => -1)]),
    readers,
    stays: Uint8Array.from(readers, (list) => (list.length === 0 ? 1 : 0)),
    needs: bytes.slice(0, tasks.length),
    overwritable: tasks.map(({ overwrites }, task) =>
      overwrites
        ? [...bytes.keys()].filter((buffer) => readers[buffer]!.includes(task) && bytes[buffer] === bytes[task])
        : [],
    ),
  }
}

const specs = (most: number) =>
  fc.record({
    tasks: fc.array(
      fc.record({
        bytes: fc.integer({ min: 0, max: 6 }),
        reads: fc.array(fc.nat(20), { maxLength: 3 }),
        overwrites: fc.boolean(),
      }),
      { minLength: 1, maxLength: most },
    ),
    inputs: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }),
  })

/** The lowest peak of all orders, one by one. */
function leastPeak(graph: TaskGraph): number {
  let least = Number.POSITIVE_INFINITY
  const extend = (order: number[]) => {
    if (order.length === graph.tasks) least = Math.min(least, peakOfOrder(graph, order))
    for (let task = 0; task < graph.tasks; task++) {
      if (order.includes(task) || !graph.predecessors[task]!.every((earlier) => order.includes(earlier))) continue
      extend([...order, task])
    }
  }
  extend([])
  return least
}

const isTopological = ({ tasks, predecessors }: TaskGraph, order: readonly number[]): boolean =>
  new Set(order).size === tasks &&
  order.length === tasks &&
  order.every((task, at) => predecessors[task]!.every((earlier) => order.indexOf(earlier) < at))

describe('orders', () => {
  test('small graphs: the peak is the lowest of all orders, and so is the bound', () => {
    fc.assert(
      fc.property(specs(7), (spec) => {
        const graph = graphOf(spec)
        const { order, peakBytes, lowerBoundBytes } = findOrder(graph)
        expect(isTopological(graph, order)).toBe(true)
        expect(peakBytes).toBe(leastPeak(graph))
        expect(peakOfOrder(graph, order)).toBe(peakBytes)
        expect(lowerBoundBytes).toBe(peakBytes)
      }),
      { numRuns: 400 },
    )
  })

  test('any graph, any budget: topological, bound <= peak <= peak of the given order', () => {
    fc.assert(
      fc.property(specs(40), fc.integer({ min: 0, max: 3000 }), (spec, budget) => {
        const graph = graphOf(spec)
        const { order, peakBytes, lowerBoundBytes } = findOrder(graph, budget)
        expect(isTopological(graph, order)).toBe(true)
        expect(peakBytes).toBe(peakOfOrder(graph, order))
        expect(peakBytes).toBeLessThanOrEqual(peakOfOrder(graph, stableOrder(graph)))
        expect(lowerBoundBytes).toBeLessThanOrEqual(peakBytes)
      }),
      { numRuns: 200 },
    )
  })

  test('a small budget never gives a bound above what a large one finds', () => {
    fc.assert(
      fc.property(specs(16), fc.integer({ min: 0, max: 300 }), (spec, budget) => {
        const graph = graphOf(spec)
        expect(findOrder(graph, budget).lowerBoundBytes).toBeLessThanOrEqual(findOrder(graph, 1_000_000).peakBytes)
      }),
      { numRuns: 200 },
    )
  })

  test('two branches that swell and shrink: one is finished before the other starts', () => {
    // 0 splits into 1 and 2, which swell to 10; 3 and 4 shrink them to 1; 5 joins. Given breadth first: 1 + 10 + 10.
    const graph = graphOf({
      inputs: [],
      tasks: [
        { bytes: 1, reads: [], overwrites: false },
        { bytes: 10, reads: [0], overwrites: false },
        { bytes: 10, reads: [0], overwrites: false },
        { bytes: 1, reads: [1], overwrites: false },
        { bytes: 1, reads: [2], overwrites: false },
        { bytes: 1, reads: [3, 4], overwrites: false },
      ],
    })
    expect(peakOfOrder(graph, stableOrder(graph))).toBe(21)
    // Depth first: source, swollen branch and its result, 12 at the most.
    expect(findOrder(graph)).toMatchObject({ peakBytes: 12, lowerBoundBytes: 12 })
  })
})
