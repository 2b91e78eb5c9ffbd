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
  const ladder = new Ladder(front, 0.01, 0.35)

  test('is the fastest that is expected to keep the metric', () => {
    expect(ladder.first()).toBe(front[3])
    expect(new Ladder(front.slice(0, 2), 0.01, 0.35).first()).toBeUndefined()
  })

  test('is one built with all effort before one that was not, which comes after a failure', () => {
    const brief = { ...built(1, 0.04), rung: 'brief' } as const
    const mixed = new Ladder([brief, front[3]!], 0.01, 0.35, ({ rung, loss }) => (rung === 'brief' ? loss / 2 : loss))
    expect(mixed.first()).toBe(front[3])
    expect(mixed.after(built(0.5, 0.03), { drop: 0.012, error: 0.001 })).toBe(brief)
  })

  const exactly = (drop: number) => ({ drop, error: 0 })

  test('after a failure that says all there is to know is what keeps it at what was seen', () => {
    // Twice as bad as allowed: half the loss is needed, and the next one has a fifth.
    expect(new Ladder(front, 0.01, 0.35).after(front[3]!, exactly(0.02))).toBe(front[4])
    expect(new Ladder(front, 0.01, 0.35).after(front[3]!, exactly(0.1))).toBeUndefined()
    expect(new Ladder(front, 0.01, 0.1).after(front[1]!, exactly(0.015))).toBe(front[2])
  })

  test('after one on few samples is not thrown far from what all candidates said', () => {
    const noisy = () => new Ladder(front, 0.01, 0.1)
    expect(noisy().after(front[1]!, { drop: 0.04, error: 0.02 })).toBe(front[2])
    expect(noisy().after(front[1]!, { drop: 0.04, error: 0.001 })).toBe(front[3])
  })

  test('after a second failure leaves something to spare', () => {
    const ladder = new Ladder(front, 0.01, 0.1)
    expect(ladder.after(front[1]!, { drop: 0.011, error: 0.01 })).toBe(front[2])
    const cautious = new Ladder([...front.slice(0, 3), built(3.5, 0.045), ...front.slice(3)], 0.01, 0.18)
    cautious.after(front[1]!, { drop: 0.018, error: 0.001 })
    expect(cautious.after(front[2]!, { drop: 0.0105, error: 0.001 })).toBe(front[3])
  })
})
