import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Candidate } from '../../estimator/memo-table.js'
import { SeededRandom } from '../../runtime/random.js'
import { keyOf, Space } from '../space/space.js'
import { hypervolume } from './hypervolume.js'
import type { Individual } from './problem.js'
import { type SteadyOptions, steadyEvolution } from './steady-evolution.js'

/** Six widths of five sizes: 15,625 candidates. */
const space = new Space(
  Array.from({ length: 6 }, (_, i) => ({ kind: 'width', group: `g${i}`, sizes: [1, 2, 3, 4, 5], keep: 4 }) as const),
)

/** What is wide costs, what is narrow loses, each width by an amount of its own. */
function judged(candidate: Candidate): Individual {
  const objectives = new Float64Array(2)
  candidate.forEach((option, i) => {
    objectives[0]! += (option + 1) * (1 + ((i * 3) % 5))
    objectives[1]! += (4 - option) * (1 + ((i * 5) % 7))
  })
  return { candidate, objectives, violation: 0 }
}

const options = (changes: Partial<SteadyOptions> = {}): SteadyOptions => ({
  space,
  seed: 3,
  evaluations: 120,
  first: [space.original],
  evaluate: async (candidate) => judged(candidate),
  ...changes,
})

/** What a search begins with. */
const scaled = [1, 0.75, 0.5, 0.25].map((ratio) => space.depthMultiplier(space.original, ratio))

const keys = (found: readonly Individual[]) => found.map(({ candidate }) => keyOf(candidate))
const volume = (found: readonly Individual[]) =>
  hypervolume(
    found.map(({ objectives }) => objectives),
    Float64Array.of(70, 80),
  )

describe('an evolution without generations', () => {
  test('evaluates as many as it may, none twice, the first ones first', async () => {
    const first = [space.original, space.depthMultiplier(space.original, 0.5), space.original]
    const found = await steadyEvolution(options({ first }))
    expect(new Set(keys(found)).size).toBe(120)
    expect(keys(found).slice(0, 2)).toEqual(keys(first.slice(0, 2).map(judged)))
  })

  test('what is found does not depend on which results are in first', async () => {
    let count = 0
    const late = await steadyEvolution(
      options({
        evaluate: async (candidate) => {
          await setTimeout((count++ * 7) % 5)
          return judged(candidate)
        },
      }),
    )
    expect(keys(late)).toEqual(keys(await steadyEvolution(options())))
  })

  test('dominates more than as many random candidates, for every seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = new SeededRandom(seed)
      const drawn = Array.from({ length: 120 }, () => judged(space.random(random)))
      expect(volume(await steadyEvolution(options({ seed, first: scaled })))).toBeGreaterThan(volume(drawn))
    }
  })

  test('where somebody chooses among children it finds more of the front', async () => {
    const sum = ({ objectives }: Individual) => objectives[0]! / 70 + objectives[1]! / 80
    const found = await steadyEvolution(
      options({
        evaluations: 30,
        choose: (children) => children.reduce((best, each) => (sum(judged(each)) < sum(judged(best)) ? each : best)),
      }),
    )
    const least = (of: readonly Individual[]) => Math.min(...of.map(sum))
    expect(least(found)).toBeLessThan(least(await steadyEvolution(options({ evaluations: 30 }))))
  })

  test('ancestors have children and are not evaluated, unless they are asked for', async () => {
    const ancestors = scaled.map(judged)
    const found = await steadyEvolution(options({ ancestors, first: scaled.slice(0, 1), evaluations: 60 }))
    expect(found).toHaveLength(60)
    expect(keys(found).filter((key) => keys(ancestors).includes(key))).toEqual(keys(ancestors).slice(0, 1))
    const alone = await steadyEvolution(options({ ancestors, first: [], evaluations: 8 }))
    // Parents are nothing but ancestors: so many are under way at once.
    for (const { candidate } of alone) expect(keys(ancestors)).not.toContain(keyOf(candidate))
    expect(alone).toHaveLength(8)
  })

  test('candidates that cannot be had are left out; it ends when it is stopped, and when a space has no more to give', async () => {
    const isDeclined = (candidate: Candidate) => candidate[0] === 4 && keyOf(candidate) !== keyOf(space.original)
    const possible = await steadyEvolution(
      options({ evaluate: async (candidate) => (isDeclined(candidate) ? undefined : judged(candidate)) }),
    )
    expect(possible.length).toBeGreaterThan(20)
    expect(possible.filter(({ candidate }) => isDeclined(candidate))).toEqual([])
    let asked = 0
    const stopped = await steadyEvolution(
      options({
        isStopped: () => asked >= 20,
        evaluate: async (candidate) => {
          asked += 1
          return judged(candidate)
        },
      }),
    )
    expect(stopped).toHaveLength(20)
    const small = new Space([{ kind: 'width', group: 'g', sizes: [1, 2, 3], keep: 2 }])
    const all = await steadyEvolution({ ...options(), space: small, first: [small.original] })
    expect(keys(all).sort()).toEqual(['0', '1', '2'])
  })

  test('an evaluation that fails ends it with its error', async () => {
    const failing = options({
      evaluate: async (candidate) => {
        if (keyOf(candidate) !== keyOf(space.original)) throw new Error('no memory')
        return judged(candidate)
      },
    })
    await expect(steadyEvolution(failing)).rejects.toThrow('no memory')
  })
})
