import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crowdingDistances } from './crowding.js'
import { hypervolume } from './hypervolume.js'
import { kneeOf } from './knee.js'
import { nonDominatedSort, paretoFront } from './non-dominated-sort.js'
import { constrainedDominates, type Individual } from './problem.js'

const at = (objectives: readonly number[], violation = 0): Individual => ({
  candidate: new Uint8Array(0),
  objectives: Float64Array.from(objectives),
  violation,
})

const anyIndividual = (objectives: number) =>
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: objectives, maxLength: objectives }),
      fc.constantFrom(0, 0, 1),
    )
    .map(([values, violation]) => at(values, violation))

describe('fast non-dominated sort', () => {
  test('of two fronts and one that exceeds a budget', () => {
    const individuals = [at([1, 4]), at([2, 2]), at([3, 3]), at([4, 1]), at([0, 0], 1)]
    expect(nonDominatedSort(individuals)).toEqual([[0, 1, 3], [2], [4]])
  })

  test('property: nobody in a front dominates another, and everybody in the next is dominated by somebody in it', () => {
    fc.assert(
      fc.property(fc.array(anyIndividual(3), { maxLength: 20 }), (individuals) => {
        const fronts = nonDominatedSort(individuals)
        expect(fronts.flat().sort((a, b) => a - b)).toEqual([...individuals.keys()])
        fronts.forEach((front, i) => {
          for (const a of front)
            for (const b of front) expect(constrainedDominates(individuals[a]!, individuals[b]!)).toBe(false)
          for (const b of fronts[i + 1] ?? [])
            expect(front.some((a) => constrainedDominates(individuals[a]!, individuals[b]!))).toBe(true)
        })
      }),
    )
  })

  test('the front names equal points once', () => {
    const front = paretoFront([at([2, 1]), at([1, 2]), at([2, 1]), at([3, 3])])
    expect(front.map(({ objectives }) => [...objectives])).toEqual([
      [1, 2],
      [2, 1],
    ])
  })
})

describe('crowding', () => {
  test('is infinite at the ends and the room between neighbours inside', () => {
    const distances = crowdingDistances([at([0, 4]), at([1, 2]), at([4, 0])])
    expect([...distances]).toEqual([Number.POSITIVE_INFINITY, 2, Number.POSITIVE_INFINITY])
  })

  test('of points that are equal in an objective', () => {
    expect([...crowdingDistances([at([1, 1]), at([1, 1]), at([1, 1])])]).toContain(0)
  })
})

describe('hypervolume', () => {
  test.each([
    [[[1, 1]], [3, 3], 4],
    [
      [
        [1, 2],
        [2, 1],
      ],
      [3, 3],
      3,
    ],
    [[[3, 0]], [3, 3], 0],
    [[[0, 0, 0]], [2, 3, 4], 24],
    [[], [1, 1], 0],
  ] as const)('%j below %j', (points, reference, volume) => {
    const vectors = points.map((point) => Float64Array.from(point))
    expect(hypervolume(vectors, Float64Array.from(reference))).toBe(volume)
  })

  test('property: counts the cells of a grid that somebody dominates', () => {
    const point = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(point, { maxLength: 8 }), (points) => {
        let cells = 0
        for (let x = 0; x < 5; x++)
          for (let y = 0; y < 5; y++)
            for (let z = 0; z < 5; z++) if (points.some(([a, b, c]) => a! <= x && b! <= y && c! <= z)) cells++
        const vectors = points.map((each) => Float64Array.from(each))
        expect(hypervolume(vectors, Float64Array.of(5, 5, 5))).toBe(cells)
      }),
    )
  })
})

describe('the knee of a front', () => {
  test.each([
    [
      'the point that bulges most',
      [
        [0, 10],
        [1, 2],
        [5, 1],
        [10, 0],
      ],
      [1, 2],
    ],
    [
      'the first of a straight line',
      [
        [0, 2],
        [1, 1],
        [2, 0],
      ],
      [0, 2],
    ],
    ['the only point', [[3, 3]], [3, 3]],
  ] as const)('is %s', (_, points, knee) => {
    expect([...kneeOf(points.map((point) => at(point)))!.objectives]).toEqual(knee)
  })

  test('of nothing is nothing', () => {
    expect(kneeOf([])).toBeUndefined()
  })
})
