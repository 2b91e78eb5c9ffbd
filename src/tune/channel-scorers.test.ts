import { describe, expect, test } from 'vitest'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import type { Decision } from '../passes/architecture/decision.js'
import { channelScorer, channelScoringNames, defaultChannelScoring } from './channel-scorers.js'

const original = buildModel((g) => {
  const x = g.input('x', 'float32', ['n', 2])
  const wide = g.op('Relu', [g.op('MatMul', [x, g.constant(Tensor.float32([1, 2, 3, 4, 5, 6], [2, 3]))])])
  g.output(g.op('MatMul', [wide, g.constant(Tensor.float32([1, 2, 3], [3, 1]))]), 'y')
})
inferTypes(original)

const width: Decision = { kind: 'width', group: 'wide', size: 2 }
const fused: Decision = { kind: 'block', block: 0, alternative: 'fused' }
const resolution: Decision = { kind: 'resolution', input: 'x', height: 8, width: 8 }
const request = { original, data: undefined, options: {} }

describe('ways to choose channels', () => {
  test('the defaults are some of them, and the one without data needs none', async () => {
    for (const isRefitted of [true, false]) {
      expect(channelScoringNames()).toContain(defaultChannelScoring(true, isRefitted))
      const scorer = await channelScorer(defaultChannelScoring(false, isRefitted), { ...request, decisions: [width] })
      expect(scorer).toBeDefined()
    }
  })

  test.each(channelScoringNames())('%s is not asked where no channels can go', async (name) => {
    expect(await channelScorer(name, { ...request, decisions: [fused, resolution] })).toBeUndefined()
  })

  test.each(channelScoringNames().filter((name) => name !== 'weights'))('%s needs samples', async (name) => {
    for (const decision of [width, { ...fused, middle: 8 }, { kind: 'depth-multiplier', ratio: 0.5 } as const]) {
      const opened = channelScorer(name, { ...request, decisions: [decision] })
      await expect(opened).rejects.toMatchObject({ code: 'usage', place: '--channel-scores' })
    }
  })

  test('another name is an error that lists them', async () => {
    const opened = channelScorer('magic', { ...request, decisions: [width] })
    await expect(opened).rejects.toMatchObject({ remedy: 'use one of weights, energy, missing, refit' })
  })
})
