import { describe, expect, test } from 'vitest'
import { bottleneck } from '../../test/architecture/bottleneck.js'
import { buildModel } from '../ir/build.js'
import type { Model } from '../ir/graph.js'
import { Tensor } from '../ir/tensor.js'
import { isDeclined } from '../passes/architecture/declined.js'
import { applyDecisions } from '../passes/architecture/recipe.js'
import { alternatives } from './alternatives.js'

/** A strided stem of 3 channels, and a residual inverted bottleneck 20 -> 72 -> 20. */
const net = (): Model =>
  buildModel(
    (g) => {
      const weights = g.constant(
        Tensor.float32(
          Array.from({ length: 540 }, (_, i) => Math.sin(i)),
          [20, 3, 3, 3],
        ),
      )
      const stem = g.op('Conv', [g.input('x', 'float32', [1, 3, 16, 16]), weights], {
        strides: [2, 2],
        pads: [0, 0, 1, 1],
      })
      const relu = g.op('Relu', [stem])
      g.output(bottleneck(g, relu, { in: 20, middle: 72, out: 20, residual: true }), 'y')
    },
    { opset: 17 },
  )

describe('alternatives', () => {
  test('every form of a block, middles at steps of the lanes, and the next sizes of free groups', () => {
    const { decisions, blocks, groups } = alternatives(net(), 32)
    expect([blocks.length, groups.length]).toEqual([1, 3])
    const ofBlock = decisions.filter((decision) => decision.kind === 'block')
    expect(ofBlock.map(({ alternative, middle }) => [alternative, middle])).toEqual([
      ['fused', undefined],
      ['fused', 32],
      ['fused', 64],
      ['grouped', undefined],
      ['merged', undefined],
      ['skip', undefined],
      ['standard', undefined],
      ['joined', undefined],
    ])
    expect(ofBlock.every(({ block }) => block === 0)).toBe(true)
    const sizes = decisions.flatMap((decision) => (decision.kind === 'width' ? [decision.size] : []))
    expect(sizes).toEqual([64, 96])
  })

  test('a group that fills its lanes can only lose some', () => {
    const { decisions } = alternatives(net(), 24)
    const sizes = decisions.flatMap((decision) => (decision.kind === 'width' ? [decision.size] : []))
    expect(sizes).toEqual([48])
  })

  test('convolutions outside blocks', () => {
    const { decisions } = alternatives(net(), 32)
    const ofStem = decisions.filter((decision) => decision.kind === 'convolution')
    expect(ofStem.map(({ alternative }) => alternative)).toContain('space-to-depth')
  })

  test('as many groups as leave every lane filled where there are more than two of them', () => {
    const groupsOf = (channels: number, middle: number, step: number) => {
      const model = buildModel((g) => {
        const x = g.input('x', 'float32', [1, channels, 8, 8])
        g.output(bottleneck(g, x, { in: channels, middle, out: channels }), 'y')
      })
      return alternatives(model, step).decisions.flatMap((decision) =>
        decision.kind === 'block' && decision.alternative === 'grouped' ? [decision.groups] : [],
      )
    }
    expect(groupsOf(96, 192, 32)).toEqual([undefined, 3])
    expect(groupsOf(96, 160, 32)).toEqual([undefined])
    expect(groupsOf(64, 128, 32)).toEqual([undefined])
    expect(groupsOf(64, 128, 8)).toEqual([undefined, 8])
    expect(groupsOf(20, 60, 32)).toEqual([undefined])
  })

  test('depth multipliers that come to other widths, and images that every stride divides', () => {
    const scaled = (step: number) =>
      alternatives(net(), step).decisions.filter(
        (decision) => decision.kind === 'depth-multiplier' || decision.kind === 'resolution',
      )
    const images = [14, 12, 10, 8].map((size) => ({ kind: 'resolution', input: 'x', height: size, width: size }))
    const multiplier = (ratio: number) => ({ kind: 'depth-multiplier', ratio })
    // Only the 72 in the middle may change: to 64, 56, 48 and 40; in steps of 32 to 64 alone.
    expect(scaled(8)).toEqual([...[0.875, 0.75, 0.625, 0.5].map(multiplier), ...images])
    expect(scaled(32)).toEqual([multiplier(0.875), ...images])
  })

  test('all of them can be had', () => {
    const model = net()
    for (const decision of alternatives(model, 8).decisions)
      expect(isDeclined(applyDecisions(model, [decision])), JSON.stringify(decision)).toBe(false)
  })
})
