import type { Block } from './block.js'
import { packExactly } from './offset-search.js'

export interface Offsets {
  /** By block. */
  readonly offsets: Float64Array
  /** Where the highest block ends. */
  readonly height: number
}

/** How many steps (blocks tried) the search for a tight packing may take. */
export const defaultOffsetSteps = 40_000

/**
 * Places blocks so that no two in use at the same time overlap, in as little height as possible; never under the largest
 * sum of bytes in use at a step. Best fit in several orders first; if all miss the bound, repairs of the best order; then
 * an exact search at the height of the bound.
 */
export function findOffsets(blocks: readonly Block[], budget = defaultOffsetSteps): Offsets {
  const bound = largestLoad(blocks)
  let best: Placement | undefined
  for (const order of orders(blocks)) {
    for (const rule of ['lowest', 'tightest'] as const) {
      const found = place(blocks, order, rule)
      if (best === undefined || found.height < best.height) best = found
      if (best.height <= bound) return best
    }
  }
  if (best === undefined) return { offsets: new Float64Array(0), height: 0 }
  const repaired = repair(blocks, best, bound, budget / 2)
  if (repaired.height <= bound) return repaired
  const exact = packExactly(blocks, bound, budget / 2)
  return exact === undefined ? repaired : { offsets: exact, height: bound }
}

type Placement = Offsets & { readonly order: readonly number[] }

/** Largest sum of bytes in use at one step. */
export const largestLoad = (blocks: readonly Block[]): number => largest(loads(blocks))

/** Bytes in use by step. */
function loads(blocks: readonly Block[]): Float64Array {
  const steps = blocks.reduce((most, { last }) => Math.max(most, last + 1), 0)
  const load = new Float64Array(steps + 1)
  for (const { bytes, first, last } of blocks) {
    load[first]! += bytes
    load[last + 1]! -= bytes
  }
  for (let step = 1; step <= steps; step++) load[step]! += load[step - 1]!
  return load
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0)

/** Orders to place blocks in; the costly ones are made when the others have failed. */
function* orders(blocks: readonly Block[]): Generator<number[]> {
  const sorted = (weight: (i: number) => number) =>
    [...blocks.keys()].sort((a, b) => weight(b) - weight(a) || blocks[b]!.bytes - blocks[a]!.bytes || a - b)
  const life = (i: number) => blocks[i]!.last - blocks[i]!.first + 1
  yield sorted((i) => blocks[i]!.bytes)
  yield sorted((i) => blocks[i]!.bytes * life(i))
  const load = loads(blocks)
  const breadth = blocks.map(({ first, last }) => largest(load.subarray(first, last + 1)))
  yield sorted((i) => breadth[i]!)
  yield sorted(life)
  yield sorted((i) => -blocks[i]!.first)
  const conflicts = blocks.map((block) => conflictsOf(blocks, block))
  const crowd = conflicts.map((list) => list.reduce((sum, other) => sum + blocks[other]!.bytes, 0))
  yield sorted((i) => crowd[i]!)
  yield sorted((i) => conflicts[i]!.length)
}

const overlap = (a: Block, b: Block): boolean => a.first <= b.last && b.first <= a.last

/** Blocks in use at the same time as `block`, itself among them. */
const conflictsOf = (blocks: readonly Block[], block: Block): number[] =>
  [...blocks.keys()].filter((other) => blocks[other]!.bytes > 0 && overlap(blocks[other]!, block))

/** One block after the other, each into the lowest gap that holds it, or into the tightest. */
function place(blocks: readonly Block[], order: readonly number[], rule: 'lowest' | 'tightest'): Placement {
  const offsets = new Float64Array(blocks.length)
  /** Blocks placed, by offset. */
  const placed: number[] = []
  let height = 0
  for (const index of order) {
    const block = blocks[index]!
    if (block.bytes === 0) continue
    let floor = 0
    let chosen = -1
    let slack = Number.POSITIVE_INFINITY
    for (const other of placed) {
      if (!overlap(blocks[other]!, block)) continue
      const gap = offsets[other]! - floor - block.bytes
      if (gap >= 0 && gap < slack) {
        chosen = floor
        slack = gap
        if (rule === 'lowest') break
      }
      floor = Math.max(floor, offsets[other]! + blocks[other]!.bytes)
    }
    const offset = chosen < 0 ? floor : chosen
    offsets[index] = offset
    height = Math.max(height, offset + block.bytes)
    let at = placed.length
    while (at > 0 && offsets[placed[at - 1]!]! > offset) at -= 1
    placed.splice(at, 0, index)
  }
  return { offsets, height, order }
}

/**
 * Iterated repair: a block that sticks out over the bound is placed earlier, before a block it conflicts with; the change
 * is kept unless the height grows. Choices come from a fixed sequence, so a plan is the same on every machine.
 */
function repair(blocks: readonly Block[], start: Placement, bound: number, budget: number): Offsets {
  const random = sequence()
  let current = start
  let best: Offsets = start
  for (let steps = blocks.length; steps < budget && best.height > bound; steps += blocks.length) {
    const over = current.order.filter((block) => current.offsets[block]! + blocks[block]!.bytes > bound)
    const block = over[random(over.length)]!
    const others = conflictsOf(blocks, blocks[block]!)
    const order = current.order.filter((each) => each !== block)
    const target = random(4) === 0 ? 0 : order.indexOf(others[random(others.length)]!)
    order.splice(Math.max(0, target), 0, block)
    const found = place(blocks, order, random(2) === 0 ? 'lowest' : 'tightest')
    if (found.height <= current.height) current = found
    if (found.height < best.height) best = found
  }
  return best
}

/** Whole numbers under a limit from a linear congruential generator. Source: Numerical Recipes, 7.1. */
function sequence(): (limit: number) => number {
  let state = 1
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
