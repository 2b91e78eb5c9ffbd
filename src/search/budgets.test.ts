import { describe, expect, test } from 'vitest'
import { UserError } from '../ir/errors.js'
import { absoluteBudgets, parseBudgets, violationOf } from './budgets.js'

const figures = { latencyMs: 4, energyMj: 2, weightBytes: 600, peakBytes: 400 }

describe('budgets', () => {
  test.each([
    ['latency=2ms', 'latency', 2],
    ['latency=500us', 'latency', 0.5],
    ['energy=0.5J', 'energy', 500],
    ['memory=900KB', 'memory', 900_000],
    ['weights=1.5MiB', 'weights', 1.5 * 2 ** 20],
    ['activations= 64 KiB', 'activations', 65_536],
  ] as const)('%s', (text, figure, atMost) => {
    expect(parseBudgets(text)).toEqual([{ figure, atMost, isShare: false }])
  })

  test('shares are of what the original takes', () => {
    const budgets = absoluteBudgets(parseBudgets('latency=50%,memory=80%,energy=1mJ'), figures)
    expect(budgets.map(({ atMost }) => atMost)).toEqual([2, 800, 1])
  })

  test('what exceeds them adds up in shares', () => {
    expect(violationOf(figures, parseBudgets('latency=2ms,weights=600B,activations=200B'))).toBeCloseTo(2, 12)
    expect(violationOf(figures, parseBudgets('memory=1000B,energy=2mJ'))).toBe(0)
  })

  test.each([
    ['speed=2ms', '"speed"'],
    ['latency=2KB', '"latency=2KB" is no budget'],
    ['latency=fast', 'is no budget'],
    ['latency=0ms', 'is no budget'],
    ['latency=2', 'is no budget'],
    ['latency=1ms,latency=2ms', 'two budgets for latency'],
  ])('%s is refused', (text, what) => {
    expect(() => parseBudgets(text)).toThrow(UserError)
    expect(() => parseBudgets(text)).toThrow(what)
  })
})
