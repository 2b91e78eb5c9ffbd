import type { Block } from './block.js'
import { packExactly } from './offset-search.js'

export interface Offsets {
  /** By block. */
  readonly offsets: Float64Array
  /** Where the highest block ends. */
  readonly height: number
}

/** How many steps (blocks tried) the search for a tight packing may take. */
export const defaultOffsetSteps = 400_000

/**
 * Places blocks so that no two in use at the same time overlap, in as little height as possible; never under the largest
 * sum of bytes in use at a step. Best fit in several orders first; if all miss the bound, repairs of the best order; then
 * an exact search at the height of the bound.
 */
export function findOffsets(blocks: readonly Block[], budget = defaultOffsetSteps): Offsets {
  const solid = [...blocks.keys()].filter((i) => blocks[i]!.bytes > 0)
  const found = pack(
    solid.map((i) => blocks[i]!),
    budget,
  )
  const offsets = new Float64Array(blocks.length)
  solid.forEach((block, i) => {
    offsets[block] = found.offsets[i]!
  })
  return { offsets, height: found.height }
}

/** The same for blocks of which none is empty. */
function pack(blocks: readonly Block[], budget: number): Offsets {
  const bound = largestLoad(blocks)
  let best: Placement | undefined
  const starts: Placement[] = []
  for (const order of orders(blocks)) {
    const found = better(place(blocks, order, 'lowest'), place(blocks, order, 'tightest'))
    best = better(best ?? found, found)
    if (best.height <= bound) return best
    starts.push(found)
  }
  if (best === undefined) return { offsets: new Float64Array(0), height: 0 }
  for (const start of starts) {
    best = better(best, repair(blocks, start, bound, budget / 2 / starts.length))
    if (best.height <= bound) return best
  }
  const exact = packExactly(blocks, bound, budget / 4)
  return exact === undefined ? squeeze(blocks, best, bound, budget / 4) : { offsets: exact, height: bound }
}

/** Heights between the bound, which was not reached, and the best: by bisection, down to half a byte (4-bit elements). */
function squeeze(blocks: readonly Block[], best: Offsets, bound: number, budget: number): Offsets {
  const rounds = 16
  let lowest = best
  let missed = bound
  for (let round = 0; round < rounds && lowest.height - missed > 0.5; round++) {
    const middle = missed + Math.floor(lowest.height - missed) / 2
    const offsets = packExactly(blocks, middle, budget / rounds)
    if (offsets === undefined) missed = middle
    else {
      const height = blocks.reduce((most, { bytes }, i) => Math.max(most, offsets[i]! + bytes), 0)
      lowest = { offsets, height }
    }
  }
  return lowest
}

const better = (a: Placement, b: Placement): Placement => (b.height < a.height ? b : a)

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
  [...blocks.keys()].filter((other) => overlap(blocks[other]!, block))

/** One block after the other, each into the lowest gap that holds it, or into the tightest. */
function place(blocks: readonly Block[], order: readonly number[], rule: 'lowest' | 'tightest'): Placement {
  const offsets = new Float64Array(blocks.length)
  /** Blocks placed, by offset. */
  const placed: number[] = []
  let height = 0
  for (const index of order) {
    const block = blocks[index]!
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
 * Iterated repair: a block that sticks out over the bound is placed earlier, before one it conflicts with; the change is
 * kept unless the height grows. Choices come from a fixed sequence, so a plan is the same on every machine.
 */
function repair(blocks: readonly Block[], start: Placement, bound: number, budget: number): Placement {
  const random = sequence()
  let current = start
  for (let steps = blocks.length; steps < budget && current.height > bound; steps += blocks.length) {
    const { order, offsets } = current
    const over = order.filter((block) => offsets[block]! + blocks[block]!.bytes > bound)
    const block = over[random(over.length)]!
    const at = order.indexOf(block)
    const inTheWay = order.slice(0, at).filter((other) => overlap(blocks[other]!, blocks[block]!))
    if (inTheWay.length === 0) continue
    const before = order.indexOf(inTheWay[random(inTheWay.length)]!)
    const changed = [...order.slice(0, before), block, ...order.slice(before, at), ...order.slice(at + 1)]
    const found = place(blocks, changed, random(2) === 0 ? 'lowest' : 'tightest')
    if (found.height <= current.height) current = found
  }
  return current
}

/** Whole numbers under a limit from a linear congruential generator. Source: Numerical Recipes, 7.1. */
function sequence(): (limit: number) => number {
  let state = 1
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
