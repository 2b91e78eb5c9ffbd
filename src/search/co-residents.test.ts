import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadTarget, type Target } from '../hw/target.js'
import type { UserError } from '../ir/errors.js'
import { parseBudgets, violationOf } from './budgets.js'
import { shareMemory } from './co-residents.js'

const plain = loadTarget('neural-engine')
const withMemory = (deviceBytes: number): Target => ({ ...plain, memory: { ...plain.memory, deviceBytes } }) as Target

const original = { latencyMs: 2, energyMj: 1, weightBytes: 300, peakBytes: 100 }
const models = [
  { file: 'a.onnx', weightBytes: 200, peakActivationBytes: 150 },
  { file: 'b.onnx', weightBytes: 50, peakActivationBytes: 400 },
]

describe('models that share a device', () => {
  test.each<[what: string, budget: string | undefined, target: Target, device: number, left: [number, number]]>([
    ['what a budget says', 'memory=1000B', plain, 1000, [750, 350]],
    ['what the target has', undefined, withMemory(2000), 2000, [1750, 1350]],
    ['the target has less than the budget says', 'memory=1MB', withMemory(2000), 2000, [1750, 1350]],
    ['the budget says less than the target has', 'memory=900B', withMemory(2000), 900, [650, 250]],
    // 300 + 250 weights and a peak of 400.
    ['a share of what all take', 'memory=80%', plain, 760, [510, 110]],
  ])('%s', (_, budget, target, device, [memoryBytes, weightBytes]) => {
    const given = budget === undefined ? [] : parseBudgets(budget)
    const shared = shareMemory(models, given, original, target)
    expect(shared.deviceBytes).toBeCloseTo(device, 9)
    expect(shared.left.memoryBytes).toBeCloseTo(memoryBytes, 9)
    expect(shared.left.weightBytes).toBeCloseTo(weightBytes, 9)
    expect(shared.source).toBe(budget !== undefined && device < 2000 ? 'budget' : 'target')
  })

  test('other budgets stay, the tighter one of weights counts', () => {
    const budgetsOf = (text: string) =>
      Object.fromEntries(
        shareMemory(models, parseBudgets(text), original, plain).budgets.map(({ figure, atMost }) => [figure, atMost]),
      )
    expect(budgetsOf('memory=1000B,latency=50%')).toEqual({ latency: 1, weights: 350, memory: 750 })
    expect(budgetsOf('memory=1000B,weights=200B')).toEqual({ weights: 200, memory: 750 })
    expect(budgetsOf('memory=1000B,weights=400B')).toEqual({ weights: 350, memory: 750 })
  })

  test('property: the budgets are kept exactly where everything fits', () => {
    const size = fc.integer({ min: 0, max: 400 })
    const model = fc.record({ file: fc.constant('x'), weightBytes: size, peakActivationBytes: size })
    fc.assert(
      fc.property(
        fc.array(model, { minLength: 1, maxLength: 3 }),
        size,
        size,
        fc.integer({ min: 1, max: 2000 }),
        (others, w, p, device) => {
          const weights = others.reduce((sum, { weightBytes }) => sum + weightBytes, w)
          const fits = weights + Math.max(p, ...others.map(({ peakActivationBytes }) => peakActivationBytes)) <= device
          const budget = parseBudgets(`memory=${device}B`)
          let keeps: boolean
          try {
            const { budgets } = shareMemory(others, budget, original, plain)
            keeps = violationOf({ ...original, weightBytes: w, peakBytes: p }, budgets) === 0
          } catch (error) {
            // Nothing is left, not even for a model without weights.
            expect((error as UserError).code).toBe('unreachable')
            keeps = false
            if (w === 0) return
          }
          expect(keeps).toBe(fits)
        },
      ),
      { seed: 2 },
    )
  })

  test.each<[what: string, text: string | undefined, code: string, message: RegExp]>([
    [
      'nobody says what the device has',
      undefined,
      'usage',
      /nobody says how much memory there is: neural-engine does not/,
    ],
    [
      'the others fill it',
      'memory=650B',
      'unreachable',
      /a\.onnx, b\.onnx: 250 bytes of weights and 400 of activations leave nothing of 650$/,
    ],
  ])('%s', (_, text, code, message) => {
    const given = text === undefined ? [] : parseBudgets(text)
    expect(() => shareMemory(models, given, original, plain)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})
