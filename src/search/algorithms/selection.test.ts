import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { factorsOf, type Term } from './factors.js'
import { type SelectionProblem, select } from './selection.js'

const sumOf = (terms: readonly Term[], options: readonly number[]): number =>
  terms.reduce((sum, { choices, at }) => sum + at(choices.map((choice) => options[choice]!)), 0)

function* everySelection(counts: readonly number[]): Generator<number[]> {
  const [count, ...rest] = counts
  if (count === undefined) yield []
  else for (let option = 0; option < count; option++) for (const other of everySelection(rest)) yield [option, ...other]
}

function bestOf({ optionCounts, objective, limits }: SelectionProblem): number {
  let best = Number.POSITIVE_INFINITY
  for (const options of everySelection(optionCounts)) {
    if (limits.some(({ terms, atMost }) => sumOf(terms, options) > atMost)) continue
    best = Math.min(best, sumOf(objective, options))
  }
  return best
}

/** A table of small integers over some choices. */
const term = (choices: readonly number[], salt: number): Term => ({
  choices,
  at: (options) => ((options.reduce((hash, option) => hash * 7 + option + 1, salt) * 2654435761) % 23) >>> 0,
})

describe('exact selection', () => {
  test('a knapsack: the cheapest within a limit', async () => {
    const list =
      (values: readonly number[]): Term['at'] =>
      ([option]) =>
        values[option!]!
    const problem: SelectionProblem = {
      optionCounts: [3, 3],
      objective: [
        { choices: [0], at: list([0, 4, 9]) },
        { choices: [1], at: list([0, 5, 6]) },
      ],
      limits: [
        {
          terms: [
            { choices: [0], at: list([10, 6, 2]) },
            { choices: [1], at: list([10, 6, 2]) },
          ],
          atMost: 12,
        },
      ],
    }
    expect(await select(problem)).toMatchObject({ status: 'optimal', options: [0, 2], objective: 6 })
  })

  test.each([
    [3, { status: 'optimal', options: [], objective: 2, bound: 2, gap: 0 }],
    [2, { status: 'infeasible' }],
  ])('nothing to choose, within %i', async (atMost, expected) => {
    const fixed = (value: number): Term => ({ choices: [], at: () => value })
    const problem = { optionCounts: [], objective: [fixed(2)], limits: [{ terms: [fixed(1), fixed(2)], atMost }] }
    expect(await select(problem)).toEqual(expected)
  })

  test('property: the best of all selections, couplings and several limits included, with its bound', async () => {
    const shape = fc.record({
      counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 3, maxLength: 6 }),
      salts: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 7 }),
      tightness: fc.double({ min: 0.2, max: 0.9, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ counts, salts, tightness }) => {
        const terms = salts.map((salt, i) => {
          const choices = [i % counts.length, (i * 2 + 1) % counts.length, (i * 3 + 2) % counts.length]
          return term([...new Set(choices.slice(0, 1 + (salt % 3)))], salt)
        })
        const [objective, limited] = [terms, terms.map(({ choices }, i) => term(choices, salts[i]! + 13))]
        const problem: SelectionProblem = {
          optionCounts: counts,
          objective,
          limits: [
            { terms: limited, atMost: 23 * limited.length * tightness * 0.6 },
            { terms: limited.slice(1), atMost: 23 * limited.length * tightness * 0.7 },
          ],
        }
        const best = bestOf(problem)
        const found = await select(problem)
        if (best === Number.POSITIVE_INFINITY) expect(found).toEqual({ status: 'infeasible' })
        else {
          if (!('options' in found)) throw new Error(`${found.status}, though ${best} can be had`)
          expect(found.objective).toBeCloseTo(best, 6)
          expect(found.bound).toBeCloseTo(best, 4)
          expect(sumOf(problem.objective, found.options)).toBeCloseTo(best, 6)
          for (const limit of problem.limits)
            expect(sumOf(limit.terms, found.options)).toBeLessThanOrEqual(limit.atMost + 1e-6)
        }
      }),
      { numRuns: 40, seed: 5 },
    )
  })

  test('what is too large is not tried', async () => {
    const counts = [100, 100, 100]
    expect(await select({ optionCounts: counts, objective: [term([0, 1, 2], 1)], limits: [] })).toEqual({
      status: 'too-large',
    })
  })
})

test('factors hold every term, and those that share two choices are one', () => {
  const sets = [[0, 1], [1, 2, 3], [2, 3, 4], [5], [3]]
  const factors = factorsOf(
    sets.map((choices) => term(choices, 1)),
    [2, 2, 2, 2, 2, 2],
  )
  expect(factors).toEqual([[1, 2, 3, 4], [0, 1], [5]])
})
