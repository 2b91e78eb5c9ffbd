import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KernelMetrics } from '../estimator/metrics.js'
import { matchKernels } from './kernel-matches.js'

const kernel = (name: string, latencyMs: number, ...origins: string[]): KernelMetrics => ({
  name,
  kind: 'convolution',
  nodes: [],
  origins,
  latencyMs,
  latencyMsInterval: [latencyMs, latencyMs],
  macs: 0,
  weightBytes: 0,
  movedBytes: 0,
  dramBytes: 0,
  macsPerDramByte: null,
  macsPerSecond: 0,
  bound: 'compute',
  utilisation: 0,
})

describe('matching kernels', () => {
  test.each([
    [
      'one by one',
      [kernel('a', 1, 'a'), kernel('b', 2, 'b')],
      [kernel('x', 3, 'a'), kernel('y', 4, 'b')],
      [
        [[0], [0]],
        [[1], [1]],
      ],
    ],
    ['merged', [kernel('a', 1, 'a'), kernel('b', 2, 'b')], [kernel('ab', 1, 'a', 'b')], [[[0, 1], [0]]]],
    ['split', [kernel('a', 1, 'a')], [kernel('a1', 1, 'a'), kernel('a2', 1, 'a')], [[[0], [0, 1]]]],
    [
      'gone',
      [kernel('a', 1, 'a'), kernel('b', 2, 'b')],
      [kernel('b', 2, 'b')],
      [
        [[0], []],
        [[1], [0]],
      ],
    ],
    [
      'new',
      [kernel('a', 1, 'a')],
      [kernel('a', 1, 'a'), kernel('n', 1, 'n')],
      [
        [[0], [0]],
        [[], [1]],
      ],
    ],
    ['without nodes', [kernel('call', 1)], [kernel('call', 2)], [[[0], [0]]]],
    ['through a third', [kernel('a', 1, 'a', 'b'), kernel('c', 1, 'c')], [kernel('x', 1, 'b', 'c')], [[[0, 1], [0]]]],
  ])('%s', (_, before, after, expected) => {
    expect(matchKernels(before, after).map((match) => [match.before, match.after])).toEqual(expected)
  })

  test('every kernel is in one match, those of one origin in the same, and times add up', () => {
    const kernels = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 9, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(kernels, kernels, (left, right) => {
        const [before, after] = [left, right].map((side, s) =>
          side.map(([ms, origins], i) => kernel(`${s}:${i}`, ms, ...origins.map(String))),
        ) as [KernelMetrics[], KernelMetrics[]]
        const matches = matchKernels(before, after)
        expect(matches.flatMap((match) => match.before).sort((a, b) => a - b)).toEqual([...before.keys()])
        expect(matches.flatMap((match) => match.after).sort((a, b) => a - b)).toEqual([...after.keys()])
        const of = (match: (typeof matches)[number]) =>
          new Set(
            [...match.before.map((i) => before[i]!), ...match.after.map((i) => after[i]!)].flatMap((k) => k.origins),
          )
        const all = matches.flatMap((match) => [...of(match)])
        expect(all).toHaveLength(new Set(all).size)
        for (const { before: b, after: a, latencyMs } of matches) {
          expect(latencyMs[0]).toBe(b.reduce((sum, i) => sum + before[i]!.latencyMs, 0))
          expect(latencyMs[1]).toBe(a.reduce((sum, i) => sum + after[i]!.latencyMs, 0))
        }
      }),
    )
  })
})
