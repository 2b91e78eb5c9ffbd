import { packExactly } from './offset-search.js'

/** A piece of memory that must not move: bytes, and the steps it is in use, both included. */
export interface Block {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

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
  const conflicts = conflictsOf(blocks)
  let best: (Offsets & { readonly order: number[] }) | undefined
  for (const order of orders(blocks, conflicts)) {
    for (const rule of ['lowest', 'tightest'] as const) {
      const found = place(blocks, conflicts, order, rule)
      if (best === undefined || found.height < best.height) best = { ...found, order }
      if (best.height <= bound) return best
    }
  }
  if (best === undefined) return { offsets: new Float64Array(0), height: 0 }
  const repaired = repair(blocks, conflicts, best, bound, budget / 2)
  if (repaired.height <= bound) return repaired
  const exact = packExactly(blocks, bound, budget / 2)
  return exact === undefined ? repaired : { offsets: exact, height: bound }
}

/** Largest sum of bytes in use at one step. */
export function largestLoad(blocks: readonly Block[]): number {
  const steps = blocks.reduce((most, { last }) => Math.max(most, last + 1), 0)
  const change = new Float64Array(steps + 1)
  for (const { bytes, first, last } of blocks) {
    change[first]! += bytes
    change[last + 1]! -= bytes
  }
  let load = 0
  let largest = 0
  for (let step = 0; step < steps; step++) {
    load += change[step]!
    largest = Math.max(largest, load)
  }
  return largest
}

/** Blocks in use at the same time, by block. Empty blocks conflict with nobody. */
function conflictsOf(blocks: readonly Block[]): number[][] {
  const conflicts: number[][] = blocks.map(() => [])
  const byStart = [...blocks.keys()]
    .filter((i) => blocks[i]!.bytes > 0)
    .sort((a, b) => blocks[a]!.first - blocks[b]!.first)
  let active: number[] = []
  for (const block of byStart) {
    const { first } = blocks[block]!
    active = active.filter((other) => blocks[other]!.last >= first)
    for (const other of active) {
      conflicts[block]!.push(other)
      conflicts[other]!.push(block)
    }
    active.push(block)
  }
  return conflicts
}

function* orders(blocks: readonly Block[], conflicts: readonly (readonly number[])[]): Generator<number[]> {
  const sorted = (weight: (i: number) => number) =>
    [...blocks.keys()].sort((a, b) => weight(b) - weight(a) || blocks[b]!.bytes - blocks[a]!.bytes || a - b)
  const life = (i: number) => blocks[i]!.last - blocks[i]!.first + 1
  const crowd = conflicts.map((list, i) => list.reduce((sum, other) => sum + blocks[other]!.bytes, blocks[i]!.bytes))
  yield sorted((i) => blocks[i]!.bytes)
  yield sorted((i) => blocks[i]!.bytes * life(i))
  yield sorted(life)
  yield sorted((i) => crowd[i]!)
  yield sorted((i) => conflicts[i]!.length)
  yield sorted((i) => -blocks[i]!.first)
}

/** One block after the other, each into the lowest gap that holds it, or into the tightest. */
function place(
  blocks: readonly Block[],
  conflicts: readonly (readonly number[])[],
  order: readonly number[],
  rule: 'lowest' | 'tightest',
): Offsets {
  const offsets = new Float64Array(blocks.length).fill(-1)
  let height = 0
  for (const block of order) {
    const { bytes } = blocks[block]!
    const placed = conflicts[block]!.filter((other) => offsets[other]! >= 0).sort((a, b) => offsets[a]! - offsets[b]!)
    let floor = 0
    let chosen = -1
    let slack = Number.POSITIVE_INFINITY
    for (const other of placed) {
      const gap = offsets[other]! - floor
      if (gap >= bytes && gap - bytes < slack) {
        chosen = floor
        slack = gap - bytes
        if (rule === 'lowest') break
      }
      floor = Math.max(floor, offsets[other]! + blocks[other]!.bytes)
    }
    offsets[block] = chosen < 0 ? floor : chosen
    height = Math.max(height, offsets[block]! + bytes)
  }
  return { offsets, height }
}

/**
 * Iterated repair: a block that sticks out over the bound is placed earlier, before a block it conflicts with; the change
 * is kept unless the height grows. Choices come from a fixed sequence, so a plan is the same on every machine.
 */
function repair(
  blocks: readonly Block[],
  conflicts: readonly (readonly number[])[],
  start: Offsets & { readonly order: number[] },
  bound: number,
  budget: number,
): Offsets {
  const random = sequence()
  let current = start
  let best: Offsets = start
  for (let steps = blocks.length; steps < budget && best.height > bound; steps += blocks.length) {
    const over = current.order.filter((block) => current.offsets[block]! + blocks[block]!.bytes > bound)
    const block = over[random(over.length)]!
    const others = conflicts[block]!
    const order = current.order.filter((each) => each !== block)
    const target = random(4) === 0 ? 0 : order.indexOf(others[random(others.length)]!)
    order.splice(Math.max(0, target), 0, block)
    const rule = random(2) === 0 ? 'lowest' : 'tightest'
    const found = place(blocks, conflicts, order, rule)
    if (found.height <= current.height) current = { ...found, order }
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
