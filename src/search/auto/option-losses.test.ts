import { describe, expect, test } from 'vitest'
import type { Losses } from '../fidelity/losses.js'
import { Space } from '../space/space.js'
import { optionLosses } from './option-losses.js'

const space = new Space([{ kind: 'width', group: 'g', sizes: [8, 16, 24, 32, 40], keep: 4 }])
const guess: Losses = { source: 'proxy', note: '', of: [Float64Array.of(0.8, 0.4, 0.2, 0.1, 0)] }
const candidate = space.original

const lossesWith = (...measured: [option: number, loss: number][]) =>
  optionLosses(
    space,
    guess,
    candidate,
    measured.map(([option, loss]) => ({ choice: 0, option, candidate, loss })),
  ).of[0]!

describe('losses of the sizes of a group', () => {
  test('one that was measured scales the guesses of all', () => {
    const found = lossesWith([1, 0.2])
    for (const [i, loss] of [0.4, 0.2, 0.1, 0.05, 0].entries()) expect(found[i]).toBeCloseTo(loss, 12)
  })

  test('several are met, and what lies between is scaled by what lies between', () => {
    const found = lossesWith([1, 0.2], [3, 0.2])
    expect(found[1]).toBeCloseTo(0.2, 12)
    expect(found[3]).toBeCloseTo(0.2, 12)
    // Half-way between factors 0.5 and 2.
    expect(found[2]).toBeCloseTo(0.2 * 1.25, 12)
    expect(found[0]).toBeCloseTo(0.4, 12)
  })

  test('none was, or the model does not allow it: it cannot be had', () => {
    expect([...lossesWith()]).toEqual([...Array.from({ length: 4 }, () => Number.POSITIVE_INFINITY), 0])
    expect(lossesWith([1, Number.POSITIVE_INFINITY])[0]).toBe(Number.POSITIVE_INFINITY)
  })
})
