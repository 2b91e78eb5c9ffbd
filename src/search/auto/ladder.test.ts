import { describe, expect, test } from 'vitest'
import { dropPerLoss, Ladder } from './ladder.js'
import type { BuiltCandidate } from './measured.js'

const built = (latencyMs: number, loss: number, drop = 0): BuiltCandidate => ({
  latencyMs,
  loss,
  drop,
  rung: 'full',
  energyMj: 1,
  peakBytes: 1,
  weightBytes: 1,
  candidate: Uint8Array.of(latencyMs * 100),
})

describe('how much the metric drops for what is lost', () => {
  test('is what many candidates say together', () => {
    const many = Array.from({ length: 40 }, (_, i) => built(1, 0.1, i % 2 === 0 ? 0.04 : 0))
    expect(dropPerLoss(many)).toBeCloseTo(0.2, 1)
  })

  test('is not taken from one that says nothing changed, nor from hopeless ones', () => {
    expect(dropPerLoss([built(1, 0.05)])).toBeGreaterThan(0.25)
    expect(dropPerLoss([built(1, 4, 0.9)])).toBe(dropPerLoss([]))
  })
})

describe('what may be written', () => {
  const front = [built(1, 0.4), built(2, 0.1), built(3, 0.05), built(4, 0.02), built(5, 0.004)]
  const ladder = new Ladder(front, { originalMs: 10, maxDrop: 0.01, perLoss: 0.35 })

  test('is the fastest that is expected to keep the metric', () => {
    expect(ladder.first()).toBe(front[3])
    expect(new Ladder(front.slice(0, 2), { originalMs: 10, maxDrop: 0.01, perLoss: 0.35 }).first()).toBeUndefined()
  })

  test('is one built with all effort before one that was not, which comes after a failure', () => {
    const brief = { ...built(1, 0.04), rung: 'brief' } as const
    const mixed = new Ladder([brief, front[3]!], {
      originalMs: 10,
      maxDrop: 0.01,
      perLoss: 0.35,
      lossOf: ({ rung, loss }) => (rung === 'brief' ? loss / 2 : loss),
    })
    expect(mixed.first()).toBe(front[3])
    expect(mixed.after(built(0.5, 0.03), { drop: 0.012, error: 0.001 })).toBe(brief)
  })

  const exactly = (drop: number) => ({ drop, error: 0 })

  test('after a failure that says all there is to know is what keeps it at what was seen', () => {
    // Twice as bad as allowed: half the loss is needed, and the next one has a fifth.
    expect(new Ladder(front, { originalMs: 10, maxDrop: 0.01, perLoss: 0.35 }).after(front[3]!, exactly(0.02))).toBe(
      front[4],
    )
    expect(
      new Ladder(front, { originalMs: 10, maxDrop: 0.01, perLoss: 0.35 }).after(front[3]!, exactly(0.1)),
    ).toBeUndefined()
    expect(new Ladder(front, { originalMs: 10, maxDrop: 0.01, perLoss: 0.1 }).after(front[1]!, exactly(0.015))).toBe(
      front[2],
    )
  })

  test('after one on few samples is not thrown far from what all candidates said', () => {
    const noisy = () => new Ladder(front, { originalMs: 10, maxDrop: 0.01, perLoss: 0.05 })
    expect(noisy().after(front[1]!, { drop: 0.04, error: 0.02 })).toBe(front[2])
    expect(noisy().after(front[1]!, { drop: 0.04, error: 0.001 })).toBe(front[3])
  })

  // Nearly as fast and likely to fail; hardly a gain and sure to keep it; and two in between.
  const choices = [built(2, 0.09), built(3, 0.036), built(5, 0.02), built(9.9, 0.001)]
  const judged = { drop: 0.03, error: 0.005 }

  test('after a failure is the fastest with a fair chance to be judged to keep the metric', () => {
    const ladder = new Ladder(choices, { originalMs: 10, maxDrop: 0.01, perLoss: 0.2 })
    expect(ladder.after(built(1, 0.1), judged)).toBe(choices[1])
  })

  test('after several failures is what gains most times that chance', () => {
    const ladder = new Ladder(choices, { originalMs: 10, maxDrop: 0.01, perLoss: 0.2 })
    const failed = built(1, 0.1)
    const found = [1, 2, 3].map(() => ladder.after(failed, judged))
    expect(found.slice(0, 2)).not.toContain(choices[2])
    expect(found[2]).toBe(choices[2])
  })
})
