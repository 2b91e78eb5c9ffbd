import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bottleneckModel } from '../../../test/architecture/bottleneck.js'
import { channelGroups } from '../../passes/architecture/channel-groups.js'
import { sizesAtLevels, widthSizes } from './width-options.js'

/** The middle of an inverted bottleneck, 80 channels. */
const middle = () => {
  const group = channelGroups(bottleneckModel({ in: 16, middle: 80, out: 16 })).find(({ size }) => size === 80)
  return group!
}

describe('widths that are tried', () => {
  test.each([
    ['multiples of lanes, up to the next', { kind: 'lanes', step: 32 }, 1, [32, 64, 80, 96]],
    ['whole units of the group', { kind: 'lanes', step: 8 }, 3, [24, 48, 72, 80, 96]],
    ['all there are, in steps', { kind: 'raw', increment: 20 }, 1, [20, 40, 60, 80]],
  ] as const)('%s', (_, options, granularity, sizes) => {
    expect(widthSizes(middle(), options, granularity)).toEqual(sizes)
  })

  test('of a curated space are all from a quarter to the next full lanes', () => {
    const sizes = widthSizes(middle(), { kind: 'curated', levels: 8 }, 2)
    expect(sizes.at(0)).toBe(20)
    expect(sizes.at(-1)).toBe(128)
    expect(sizes).toHaveLength(55)
  })
})

describe('sizes at steps of their costs', () => {
  const all = Array.from({ length: 64 }, (_, i) => i + 1)

  test('of an array of 16 lanes are its multiples, and the widest that costs no more than what is there', () => {
    const costs = all.map((size) => Math.ceil(size / 16))
    expect(sizesAtLevels(all, costs, 63, 8)).toEqual([16, 32, 48, 64])
    expect(sizesAtLevels(all, costs, 39, 8)).toEqual([16, 32, 40, 48])
  })

  test('of a smooth cost lie evenly', () => {
    expect(sizesAtLevels(all, all, 63, 4)).toEqual([1, 16, 32, 48, 64])
  })

  test('of a cost that does not depend on them are the widest and the present one', () => {
    expect(
      sizesAtLevels(
        all,
        all.map(() => 3),
        31,
        8,
      ),
    ).toEqual([32, 64])
  })

  test('property: at every level nothing wider costs as little, and the present size is there', () => {
    const costs = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(costs, fc.nat(), fc.integer({ min: 1, max: 9 }), (steps, place, levels) => {
        let sum = 0
        const rising = steps.map((step) => (sum += step % 3))
        const sizes = rising.map((_, i) => i + 1)
        const keep = place % sizes.length
        const chosen = sizesAtLevels(sizes, rising, keep, levels)
        expect(chosen).toContain(sizes[keep])
        expect(chosen.length).toBeLessThanOrEqual(levels + 2)
        for (const size of chosen) {
          if (size === sizes[keep]) continue
          // Widest of its cost.
          expect(rising[size] === undefined || rising[size]! > rising[size - 1]!).toBe(true)
        }
      }),
    )
  })
})
