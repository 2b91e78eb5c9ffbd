import type { Node, Value } from '../../ir/graph.js'
import type { Kernel } from '../kernels.js'
import { type Buffers, buffersOf } from './buffers.js'
import { Levels, type OrderTasks } from './levels.js'
import { findOffsets } from './offsets.js'
import { defaultOrderSteps, findOrder } from './order.js'
import { compileSweep, type Lifetimes, liveBytesOf, peakOf, type Sweep } from './peak.js'
import { stableOrder } from './stable-order.js'
import { peakOfOrder } from './task-graph.js'

/** A buffer, when it lives in steps of the planned order (both ends included), and where. */
export interface PlannedBuffer {
  /** The value that owns the memory; its views share it. */
  readonly value: Value
  readonly bytes: number
  readonly first: number
  readonly last: number
  /** Steps that read it, rising. */
  readonly reads: readonly number[]
  readonly offset: number
  /** The buffer, by index, that it is written over; -1: none. */
  readonly overwrites: number
}

/** Where and when the activations of a model live. */
export interface MemoryPlan {
  /**
   * Kernels, by index, in the order they run. Without those that make nothing of their own: copies into another layout,
   * and the call of a loop or branch whose kernels are there.
   */
  readonly order: readonly number[]
  /** Whether the order differs from the given one. */
  readonly isReordered: boolean
  readonly buffers: readonly PlannedBuffer[]
  /** Bytes alive during each step of the order. */
  readonly liveBytes: readonly number[]
  /** Largest of them. */
  readonly peakBytes: number
  /** The step of the peak; -1 for no kernels. */
  readonly peakStep: number
  /** No order of the kernels has a lower peak. */
  readonly lowerBoundBytes: number
  /** The same for the given order. */
  readonly givenPeakBytes: number
  /** Height of the offsets: the memory that must be set aside. At least the peak. */
  readonly arenaBytes: number
  /** The order compiled for `peakOf`. */
  readonly sweep: Sweep
}

/** How activations are placed. */
export interface MemoryOptions {
  /** Sizes are rounded up to a multiple of it; 1 by default. */
  readonly alignBytes?: number | undefined
  /** Tasks tried by the search for an order; 0 keeps the given one. */
  readonly orderSteps?: number
}

/**
 * Plans the activations of a list of kernels: an order that keeps few bytes alive, results written over operands that
 * nobody reads again, and offsets. The same plan for the same kernels everywhere: searches end by steps, not by time.
 */
export function planMemory(all: readonly Kernel[], options: MemoryOptions = {}): MemoryPlan {
  const { alignBytes = 1, orderSteps = defaultOrderSteps } = options
  const planned = makers(all)
  const kernels = planned.map((kernel) => all[kernel]!)
  const buffers = buffersOf(kernels)
  for (const buffer of buffers.list) buffer.bytes = Math.ceil(buffer.bytes / alignBytes) * alignBytes
  const sizes = Float64Array.from(buffers.list, ({ bytes }) => bytes)
  const given = schedule(kernels, buffers, inGivenOrder)
  const givenPeakBytes = peakOf(given, sizes)
  let chosen = orderSteps > 0 ? schedule(kernels, buffers, (graph) => findOrder(graph, orderSteps)) : given
  if (chosen !== given && peakOf(chosen, sizes) >= givenPeakBytes) {
    // No gain: the order that people know is the better one.
    chosen = { ...given, lowerBoundBytes: chosen.lowerBoundBytes }
  }
  const liveBytes = liveBytesOf(chosen.sweep, sizes)
  const peakBytes = liveBytes.reduce((most, bytes) => Math.max(most, bytes), 0)
  const { offsets, height, overwrites } = assignOffsets(chosen, buffers, sizes)
  const { first, last } = chosen.lifetimes
  const stepOf = new Int32Array(kernels.length)
  chosen.order.forEach((kernel, step) => {
    stepOf[kernel] = step
  })
  return {
    order: chosen.order.map((kernel) => planned[kernel]!),
    isReordered: chosen.order.some((kernel, step) => kernel !== given.order[step]),
    buffers: buffers.list.map(({ value, bytes, readers }, i) => ({
      value,
      bytes,
      first: first[i]!,
      last: last[i]!,
      reads: readers.map((kernel) => stepOf[kernel]!).sort((a, b) => a - b),
      offset: offsets[i]!,
      overwrites: overwrites[i]!,
    })),
    liveBytes,
    peakBytes,
    peakStep: liveBytes.indexOf(peakBytes),
    lowerBoundBytes: Math.min(chosen.lowerBoundBytes, peakBytes),
    givenPeakBytes,
    arenaBytes: height,
    sweep: chosen.sweep,
  }
}

/** Kernels that make values, by index. */
function makers(kernels: readonly Kernel[]): number[] {
  const owners = new Set<Node>()
  for (const { nodes } of kernels) {
    for (let owner = nodes[0]?.graph.owner; owner !== undefined; owner = owner.graph.owner) owners.add(owner)
  }
  return [...kernels.keys()].filter((kernel) => {
    const node = kernels[kernel]!.nodes[0]
    return node !== undefined && !owners.has(node)
  })
}

interface Schedule {
  readonly order: readonly number[]
  readonly lowerBoundBytes: number
  readonly lifetimes: Lifetimes
  readonly sweep: Sweep
}

function schedule(kernels: readonly Kernel[], buffers: Buffers, orderTasks: OrderTasks): Schedule {
  const root = kernels[0]?.nodes[0]?.graph.root
  const levels = new Levels(kernels, buffers, orderTasks)
  const { order, lowerBoundBytes } = root === undefined ? { order: [], lowerBoundBytes: 0 } : levels.order(root)
  const lifetimes = levels.lifetimes(order)
  const overwritable = order.map((kernel) => buffers.overwritable[kernel]!)
  const results = Int32Array.from(order, (kernel) => buffers.results[kernel]!)
  return { order, lowerBoundBytes, lifetimes, sweep: compileSweep(order.length, lifetimes, overwritable, results) }
}

const inGivenOrder: OrderTasks = (graph) => {
  const order = stableOrder(graph)
  return { order, peakBytes: peakOfOrder(graph, order), lowerBoundBytes: 0 }
}

/** Buffers written over one another are one block; every block gets an offset. */
function assignOffsets({ lifetimes, sweep }: Schedule, { list }: Buffers, sizes: Float64Array) {
  const overwrites = overwrittenBy(sweep, sizes)
  const { first, last } = lifetimes
  const blockOf = new Int32Array(list.length).fill(-1)
  const blocks: { readonly bytes: number; first: number; last: number }[] = []
  // What is written over is born before what is written over it.
  const byBirth = [...list.keys()].sort((a, b) => first[a]! - first[b]!)
  for (const buffer of byBirth) {
    const below = overwrites[buffer]!
    if (below >= 0) {
      blockOf[buffer] = blockOf[below]!
      blocks[blockOf[below]!]!.last = last[buffer]!
    } else {
      blockOf[buffer] = blocks.length
      blocks.push({ bytes: sizes[buffer]!, first: first[buffer]!, last: last[buffer]! })
    }
  }
  const { offsets, height } = findOffsets(blocks)
  return { offsets: Float64Array.from(blockOf, (block) => offsets[block]!), height, overwrites }
}

/** By buffer: the one it is written over, -1 for none. */
function overwrittenBy({ overwritableStart, overwritable, result }: Sweep, sizes: Float64Array): Int32Array {
  const overwrites = new Int32Array(sizes.length).fill(-1)
  result.forEach((buffer, step) => {
    const candidates = overwritable.subarray(overwritableStart[step], overwritableStart[step + 1])
    const chosen = candidates.find((candidate) => sizes[candidate] === sizes[buffer])
    if (chosen !== undefined) overwrites[buffer] = chosen
  })
  return overwrites
}
