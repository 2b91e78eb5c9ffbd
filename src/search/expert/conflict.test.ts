import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minimalConflict } from './conflict.js'

describe('a minimal conflict', () => {
  test('property: what is left cannot hold, and would if any of it were left out', () => {
    // Each item allows some of eight options.
    const items = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(items, (masks) => {
        const canHold = (some: readonly number[]) => some.reduce((all, mask) => all & mask, 255) !== 0
        fc.pre(!canHold(masks))
        const conflict = minimalConflict(masks, canHold)
        expect(canHold(conflict)).toBe(false)
        for (const mask of conflict) expect(canHold(conflict.filter((other) => other !== mask))).toBe(true)
      }),
      { seed: 5 },
    )
  })

  test('of several conflicts the one whose members come last', () => {
    const canHold = (some: readonly string[]) => !(some.includes('a') && some.includes('c')) && !some.includes('d')
    expect(minimalConflict(['a', 'b', 'c', 'd'], canHold)).toEqual(['d'])
    expect(minimalConflict(['a', 'b', 'c'], canHold)).toEqual(['a', 'c'])
  })
})
