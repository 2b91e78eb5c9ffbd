import { describe, expect, test } from 'vitest'
import { keyOf, Space } from '../space/space.js'
import { agingEvolution } from './aging-evolution.js'
import { paretoFront } from './non-dominated-sort.js'
import { nsga2 } from './nsga2.js'
import { compareSingle, individual, type Problem } from './problem.js'

/** Eight widths of five sizes whose cost is coupled between neighbours: 390,625 candidates. */
const space = new Space(
  Array.from({ length: 8 }, (_, i) => ({ kind: 'width', group: `g${i}`, sizes: [1, 2, 3, 4, 5], keep: 4 }) as const),
)

const costOf = (candidate: ArrayLike<number>): number => {
  let cost = 0
  for (let i = 1; i < candidate.length; i++) cost += (candidate[i - 1]! + 1) * (candidate[i]! + 1)
  return cost
}

const lossOf = (candidate: ArrayLike<number>): number =>
  Array.from(candidate).reduce((loss, option, i) => loss + (4 - option) * (1 + ((i * 5) % 7)), 0)

const constrained: Problem = {
  space,
  objectiveCount: 1,
  evaluate: (candidate, into) => {
    into[0] = lossOf(candidate)
    return Math.max(0, costOf(candidate) / 80 - 1)
  },
}

const optimum = (): number => {
  let best = Number.POSITIVE_INFINITY
  for (const candidate of space.all()) if (costOf(candidate) <= 80) best = Math.min(best, lossOf(candidate))
  return best
}

describe('ageing evolution', () => {
  test('finds the best of a coupled space in a fiftieth of its candidates', () => {
    const best = optimum()
    const found = [1, 2, 3, 4, 5].map((seed) => agingEvolution(constrained, { seed, evaluations: 7800 }))
    for (const { violation, objectives } of found) {
      expect(violation).toBe(0)
      expect(objectives[0]).toBe(best)
    }
  })

  test('is the same for the same seed, and ends when told', () => {
    const run = (seed: number) => {
      const seen: string[] = []
      agingEvolution(constrained, {
        seed,
        evaluations: 500,
        onEvaluation: ({ candidate }, count) => {
          seen.push(keyOf(candidate))
          return count === 300
        },
      })
      return seen
    }
    expect(run(4)).toHaveLength(300)
    expect(run(4)).toEqual(run(4))
    expect(run(4)).not.toEqual(run(5))
  })
})

describe('NSGA-II', () => {
  const both: Problem = {
    space,
    objectiveCount: 2,
    evaluate: (candidate, into) => {
      into[0] = costOf(candidate)
      into[1] = lossOf(candidate)
      return 0
    },
  }

  test('gives a front in which nobody dominates another, close to the true one', () => {
    const front = nsga2(both, { seed: 1, evaluations: 8000 })
    expect(paretoFront(front)).toHaveLength(front.length)
    expect(front.length).toBeGreaterThan(30)
    // For each cost the least loss there is.
    const least = new Map<number, number>()
    for (const candidate of space.all()) {
      const cost = costOf(candidate)
      least.set(cost, Math.min(least.get(cost) ?? Number.POSITIVE_INFINITY, lossOf(candidate)))
    }
    const excess = front.map(({ objectives }) => objectives[1]! - least.get(objectives[0]!)!)
    expect(excess.every((each) => each >= 0)).toBe(true)
    expect(excess.filter((each) => each === 0).length / front.length).toBeGreaterThan(0.5)
  })

  test('is the same for the same seed, whatever the first members are called', () => {
    const keys = (seed: number) => nsga2(both, { seed, evaluations: 1500 }).map(({ candidate }) => keyOf(candidate))
    expect(keys(2)).toEqual(keys(2))
    expect(keys(2)).not.toEqual(keys(3))
  })

  test('ends in a space that has no more to give', () => {
    const small = new Space([{ kind: 'width', group: 'g', sizes: [1, 2, 3], keep: 2 }])
    const front = nsga2({ ...both, space: small }, { seed: 1, evaluations: 1000 })
    expect(front).toHaveLength(1)
  })
})

test('of two that exceed budgets the one that does so less is better, whatever else', () => {
  const [a, b] = [Uint8Array.of(4, 4, 4, 4, 4, 4, 4, 4), Uint8Array.of(3, 4, 4, 4, 4, 4, 4, 4)].map((candidate) =>
    individual(constrained, candidate),
  )
  expect(compareSingle(b!, a!)).toBeLessThan(0)
})
