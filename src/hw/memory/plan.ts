import type { Value } from '../../ir/graph.js'
import type { Kernel } from '../kernels.js'
import { buffersOf } from './buffers.js'
import { Levels, type OrderTasks } from './levels.js'
import { compileSweep, liveBytesOf, type Sweep } from './peak.js'
import { stableOrder } from './stable-order.js'
import { peakOfOrder } from './task-graph.js'

/** A buffer and when it lives, in steps of the planned order. */
export interface PlannedBuffer {
  readonly value: Value
  readonly bytes: number
  readonly first: number
  readonly last: number
}

/** Where and when the activations of a model live. */
export interface MemoryPlan {
  /** Kernels, by index, in the order they run. */
  readonly order: readonly number[]
  readonly buffers: readonly PlannedBuffer[]
  /** Bytes alive during each step of the order. */
  readonly liveBytes: readonly number[]
  readonly peakBytes: number
  /** The order compiled for `peakOf`. */
  readonly sweep: Sweep
}

export interface MemoryOptions {
  /** Sizes are rounded up to a multiple of it; 1 by default. */
  readonly alignBytes?: number
}

/** Plans the activations of a list of kernels. */
export function planMemory(kernels: readonly Kernel[], { alignBytes = 1 }: MemoryOptions = {}): MemoryPlan {
  const buffers = buffersOf(kernels)
  for (const buffer of buffers.list) buffer.bytes = Math.ceil(buffer.bytes / alignBytes) * alignBytes
  const root = kernels[0]?.nodes[0]?.graph.root
  const levels = new Levels(kernels, buffers, givenOrder)
  const order = root === undefined ? [] : levels.order(root).order
  const { first, last } = levels.lifetimes(order)
  const sweep = compileSweep(
    order.length,
    { first, last },
    order.map((kernel) => buffers.overwritable[kernel]!),
    Int32Array.from(order, (kernel) => buffers.results[kernel]!),
  )
  const sizes = Float64Array.from(buffers.list, ({ bytes }) => bytes)
  const liveBytes = liveBytesOf(sweep, sizes)
  return {
    order,
    buffers: buffers.list.map(({ value, bytes }, i) => ({ value, bytes, first: first[i]!, last: last[i]! })),
    liveBytes,
    peakBytes: liveBytes.reduce((most, bytes) => Math.max(most, bytes), 0),
    sweep,
  }
}

const givenOrder: OrderTasks = (graph) => {
  const order = stableOrder(graph)
  return { order, peakBytes: peakOfOrder(graph, order), lowerBoundBytes: 0 }
}
