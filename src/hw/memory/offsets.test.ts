import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Block } from './block.js'
import { packExactly } from './offset-search.js'
import { findOffsets, largestLoad } from './offsets.js'

const blockLists = (most: number) =>
  fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.nat(9), fc.nat(9))
      .map(([bytes, a, b]): Block => ({ bytes, first: Math.min(a, b), last: Math.max(a, b) })),
    { maxLength: most },
  )

/** Two blocks in use at the same step that share a byte. */
function clash(blocks: readonly Block[], offsets: ArrayLike<number>): [number, number] | undefined {
  for (const [i, a] of blocks.entries()) {
    for (const [j, b] of blocks.entries()) {
      if (i === j || a.bytes === 0 || b.bytes === 0 || a.first > b.last || b.first > a.last) continue
      if (offsets[i]! < offsets[j]! + b.bytes && offsets[j]! < offsets[i]! + a.bytes) return [i, j]
    }
  }
  return undefined
}

const heightOf = (blocks: readonly Block[], offsets: ArrayLike<number>): number =>
  blocks.reduce((most, { bytes }, i) => Math.max(most, offsets[i]! + bytes), 0)

/** The lowest height of all: blocks in every sequence, each on the highest of those before it that it conflicts with. */
function leastHeight(blocks: readonly Block[]): number {
  let least = Number.POSITIVE_INFINITY
  const extend = (offsets: (number | undefined)[], height: number) => {
    if (height >= least) return
    if (offsets.every((offset) => offset !== undefined)) least = height
    blocks.forEach((block, i) => {
      if (offsets[i] !== undefined) return
      const offset = blocks.reduce((floor, other, j) => {
        const isUnder = offsets[j] !== undefined && other.first <= block.last && block.first <= other.last
        return isUnder ? Math.max(floor, offsets[j]! + other.bytes) : floor
      }, 0)
      extend(offsets.with(i, offset), Math.max(height, offset + block.bytes))
    })
  }
  extend(
    blocks.map(() => undefined),
    0,
  )
  return least
}

describe('offsets', () => {
  test('no two blocks in use at the same time overlap; the height is what the offsets need, at least the load', () => {
    fc.assert(
      fc.property(blockLists(30), (blocks) => {
        const { offsets, height } = findOffsets(blocks, 4000)
        expect(clash(blocks, offsets)).toBeUndefined()
        expect(height).toBe(heightOf(blocks, offsets))
        expect(height).toBeGreaterThanOrEqual(largestLoad(blocks))
      }),
      { numRuns: 300 },
    )
  })

  test('few blocks: the lowest height there is', () => {
    fc.assert(
      fc.property(blockLists(6), (blocks) => {
        expect(findOffsets(blocks).height).toBe(leastHeight(blocks))
      }),
      { numRuns: 200 },
    )
  })

  test('the exact search finds a packing if and only if there is one', () => {
    fc.assert(
      fc.property(blockLists(6), fc.nat(3), (blocks, extra) => {
        const height = largestLoad(blocks) + extra
        const offsets = packExactly(blocks, height, 1_000_000)
        if (offsets === undefined) expect(leastHeight(blocks)).toBeGreaterThan(height)
        else {
          expect(clash(blocks, offsets)).toBeUndefined()
          expect(heightOf(blocks, offsets)).toBeLessThanOrEqual(height)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('the same offsets every time', () => {
    const blocks = Array.from({ length: 40 }, (_, i) => ({
      bytes: (i * 7) % 11,
      first: (i * 3) % 20,
      last: 20 + (i % 5),
    }))
    expect(findOffsets(blocks)).toEqual(findOffsets(blocks))
  })
})
