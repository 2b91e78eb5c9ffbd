import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { binTable } from './bins.js'
import { averageTrees, type BoostOptions, boost } from './boost.js'
import { Ensemble, encodeTrees } from './ensemble.js'
import { TreeGrower } from './tree.js'

const plain: BoostOptions = {
  maxLeaves: 31,
  maxDepth: 20,
  minRowsPerLeaf: 1,
  l2: 0,
  rounds: 1,
  learningRate: 1,
  rowShare: 1,
  featureShare: 1,
}

/** Rows of one or more features. */
const tableOf = (...rows: number[][]) => Float32Array.from(rows.flat())

describe('binTable', () => {
  test('cuts half way between the values that occur', () => {
    const { bins, borders, usable } = binTable(tableOf([1, 7], [3, 7], [1, 7], [8, 7]), 2)
    expect([...borders[0]!]).toEqual([2, 5.5])
    expect([...bins]).toEqual([0, 0, 1, 0, 0, 0, 2, 0])
    expect([...usable]).toEqual([0])
  })

  test('leaves out a feature that orders the rows as an earlier one does', () => {
    const { usable } = binTable(tableOf([1, 10, 5], [2, 40, 4], [3, 90, 6]), 3)
    expect([...usable]).toEqual([0, 2])
  })

  test('cuts many values into at most 256 bins of about the same number of rows', () => {
    const { borders, bins } = binTable(
      Float32Array.from({ length: 5000 }, (_, i) => i * i),
      1,
    )
    expect(borders[0]!.length).toBeLessThanOrEqual(255)
    const counts = new Map<number, number>()
    for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1)
    expect(Math.max(...counts.values())).toBeLessThan(50)
  })
})

describe('one tree', () => {
  // Two steps: the first split is where the sum of squares falls most, by hand: after 2 (0, 0 | 6, 6, 10).
  const steps = tableOf([1], [2], [3], [4], [5])
  const targets = Float64Array.from([0, 0, 6, 6, 10])
  const grow = (options: Partial<BoostOptions>, rows = 5) =>
    new TreeGrower(binTable(steps, 1), { ...plain, ...options }).grow(
      targets,
      Int32Array.from({ length: rows }, (_, i) => i),
      Int32Array.of(0),
      1,
    )

  const cases: [string, Partial<BoostOptions>, { bins: number[]; values: number[] }][] = [
    ['two leaves', { maxLeaves: 2 }, { bins: [1], values: [0, 22 / 3] }],
    ['three leaves', { maxLeaves: 3 }, { bins: [1, 3], values: [0, 6, 10] }],
    ['depth one', { maxDepth: 1 }, { bins: [1], values: [0, 22 / 3] }],
    ['three rows a leaf at least', { maxLeaves: 2, minRowsPerLeaf: 3 }, { bins: [], values: [22 / 5] }],
    ['l2 of 1 shrinks each leaf by its rows', { maxLeaves: 2, l2: 1 }, { bins: [1], values: [0, 22 / 4] }],
  ]
  test.each(cases)('%s', (_, options, expected) => {
    const tree = grow(options)
    expect([...tree.bin]).toEqual(expected.bins)
    expect([...tree.values].map((value) => Number(value.toFixed(9)))).toEqual(
      expected.values.map((value) => Number(value.toFixed(9))),
    )
  })

  test('sees the rows it is given and no others', () => {
    const tree = grow({ maxLeaves: 2 }, 3)
    expect([...tree.values]).toEqual([0, 6])
  })
})

/** Boosting without histograms or tricks: all splits of all leaves tried by summing anew. */
function naiveBoost(rows: number[][], targets: number[], options: BoostOptions): number[] {
  const base = targets.reduce((a, b) => a + b, 0) / targets.length
  const scores = targets.map(() => base)
  for (let round = 0; round < options.rounds; round++) {
    const residuals = targets.map((target, i) => target - scores[i]!)
    const gainOf = (list: number[]) => list.reduce((sum, i) => sum + residuals[i]!, 0) ** 2 / (list.length + options.l2)
    const best = (leaf: number[]) => {
      let found: { gain: number; left: number[]; right: number[] } | undefined
      for (let f = 0; f < rows[0]!.length; f++) {
        for (const cut of [...new Set(leaf.map((i) => rows[i]![f]!))].sort((a, b) => a - b)) {
          const left = leaf.filter((i) => rows[i]![f]! <= cut)
          const right = leaf.filter((i) => rows[i]![f]! > cut)
          if (left.length < options.minRowsPerLeaf || right.length < options.minRowsPerLeaf) continue
          const gain = gainOf(left) + gainOf(right) - gainOf(leaf)
          if (gain > 1e-9 && gain > (found?.gain ?? 0) + 1e-9) found = { gain, left, right }
        }
      }
      return found
    }
    const leaves = [targets.map((_, i) => i)]
    while (leaves.length < options.maxLeaves) {
      const splits = leaves.map(best)
      const at = splits.reduce((most, split, i) => ((split?.gain ?? 0) > (splits[most]?.gain ?? 0) ? i : most), 0)
      const split = splits[at]
      if (split === undefined) break
      leaves.splice(at, 1, split.left, split.right)
    }
    for (const leaf of leaves) {
      const value = leaf.reduce((sum, i) => sum + residuals[i]!, 0) / (leaf.length + options.l2)
      for (const i of leaf) scores[i]! += options.learningRate * value
    }
  }
  return scores
}

describe('boost', () => {
  // Distinct powers as targets: no two splits gain the same, so that ties cannot be broken differently.
  const problem = fc
    .array(
      fc.tuple(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 6 }),
        fc.double({ min: -5, max: 5, noNaN: true }),
      ),
      {
        minLength: 4,
        maxLength: 24,
      },
    )
    .map((list) => ({
      rows: list.map(([a, b]) => [a, b]),
      targets: list.map(([, , y], i) => y + Math.sin(i * 12.9898) * 0.37),
    }))

  test('leaves the same sum of squares as trying every split by hand', () => {
    fc.assert(
      fc.property(
        problem,
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (data, maxLeaves, rounds) => {
          const options = { ...plain, maxLeaves, rounds, minRowsPerLeaf: 2, l2: 0.5, learningRate: 0.5 }
          const targets = Float64Array.from(data.targets)
          const { scores } = boost(binTable(tableOf(...data.rows), 2), targets, options, new SeededRandom(1))
          const naive = naiveBoost(data.rows, data.targets, options)
          const squares = (list: ArrayLike<number>) =>
            data.targets.reduce((sum, target, i) => sum + (target - list[i]!) ** 2, 0)
          expect(squares(scores)).toBeCloseTo(squares(naive), 6)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('encoded and read back, it says of every row what it said while it grew', () => {
    fc.assert(
      fc.property(problem, fc.integer({ min: 2, max: 8 }), ({ rows, targets }, maxLeaves) => {
        const options = { ...plain, maxLeaves, rounds: 5, learningRate: 0.3, rowShare: 0.8 }
        const table = tableOf(...rows)
        const { trees, scores } = boost(binTable(table, 2), Float64Array.from(targets), options, new SeededRandom(3))
        const ensemble = new Ensemble(JSON.parse(JSON.stringify(encodeTrees(trees))))
        rows.forEach((_, i) => {
          expect(ensemble.predict(table.subarray(2 * i, 2 * i + 2))).toBeCloseTo(scores[i]!, 4)
        })
      }),
      { numRuns: 60 },
    )
  })

  test('rows it was not grown on do not change it', () => {
    const table = binTable(tableOf([1], [2], [3], [4]), 1)
    const rows = Int32Array.of(0, 1, 2)
    const grow = (last: number) =>
      boost(table, Float64Array.of(1, 2, 5, last), { ...plain, rounds: 3 }, new SeededRandom(1), rows).scores
    expect([...grow(9)]).toEqual([...grow(-70)])
  })

  test('the average of ensembles predicts the average', () => {
    const table = tableOf([1], [2], [3], [4])
    const binned = binTable(table, 1)
    const grow = (...targets: number[]) =>
      boost(binned, Float64Array.from(targets), { ...plain, rounds: 2, learningRate: 0.7 }, new SeededRandom(1))
    const [a, b] = [grow(1, 2, 3, 4), grow(5, 5, 9, 9)]
    const both = new Ensemble(encodeTrees(averageTrees([a.trees, b.trees], 0.5)))
    for (let i = 0; i < 4; i++) {
      expect(both.predict(table.subarray(i, i + 1))).toBeCloseTo((0.5 * (a.scores[i]! + b.scores[i]!)) / 2, 5)
    }
  })

  test('a table without a usable feature gives the mean', () => {
    const { trees } = boost(binTable(tableOf([1], [1]), 1), Float64Array.of(2, 4), plain, new SeededRandom(1))
    expect(new Ensemble(encodeTrees(trees)).predict(Float32Array.of(1))).toBeCloseTo(3, 6)
  })
})
