import { describe, expect, test } from 'vitest'
import { bottleneck } from '../../../test/architecture/bottleneck.js'
import { buildModel } from '../../ir/build.js'
import type { Model } from '../../ir/graph.js'
import { dimsOf } from '../../ir/type.js'
import type { Decision } from './decision.js'
import { applyRecipe } from './recipe.js'

/** Two separable pairs of linear layers, 8 channels throughout; the second has a residual. */
const pairs = (): Model =>
  buildModel((g) => {
    const pair = { in: 8, middle: 8, out: 8, expand: false, activation: 'none' } as const
    const first = bottleneck(g, g.input('x', 'float32', [1, 8, 9, 9]), pair)
    g.output(g.op('Neg', [bottleneck(g, first, { ...pair, residual: true, seed: 2 })]), 'y')
  })

const after = (...decisions: readonly Decision[]) => applyRecipe(pairs(), { recipeVersion: 1, decisions }).model

/** Channels in and out of every convolution. */
const channels = (model: Model): string[] =>
  [...model.graph.nodes()].flatMap((node) =>
    node.is('Conv') ? [[node.inputs[0], node.outputs[0]].map((value) => dimsOf(value?.type)?.[1]).join(' -> ')] : [],
  )

describe('places after earlier decisions', () => {
  const standard: Decision = { kind: 'block', block: 'Conv', alternative: 'standard' }

  test('a block is what it was, though by now it looks like a part of something larger', () => {
    const model = after(standard, { kind: 'block', block: 'Conv_2', alternative: 'skip' })
    // The pointwise convolution before it and the one in it are an expansion and a projection, if one looks again.
    expect([...model.graph.nodes()].map(({ opType }) => opType)).toEqual(['Conv', 'Conv', 'Neg'])
  })

  test('a width narrows every part of what could only go together', () => {
    const wide = buildModel((g) => {
      const block = { in: 8, middle: 24, out: 8, activation: 'Relu' } as const
      g.output(bottleneck(g, g.input('x', 'float32', [1, 8, 9, 9]), block), 'y')
    })
    const decisions: Decision[] = [
      { kind: 'block', block: 0, alternative: 'standard' },
      { kind: 'width', group: 'Conv', size: 12 },
    ]
    expect(channels(applyRecipe(wide, { recipeVersion: 1, decisions }).model)).toEqual([
      '8 -> 12',
      '12 -> 12',
      '12 -> 8',
    ])
  })

  test('a group is found by a value whose name has gone over to the one that replaces it', () => {
    const chain = buildModel((g) => {
      const pair = { in: 8, middle: 8, out: 12, expand: false } as const
      const first = bottleneck(g, g.input('x', 'float32', [1, 8, 9, 9]), pair)
      g.output(bottleneck(g, first, { ...pair, in: 12, middle: 36, out: 8, expand: true, seed: 2 }), 'y')
    })
    const decisions: Decision[] = [
      { kind: 'block', block: 'Conv', alternative: 'joined' },
      { kind: 'width', group: 'Conv_1', size: 6 },
    ]
    expect(channels(applyRecipe(chain, { recipeVersion: 1, decisions }).model)[0]).toBe('8 -> 6')
  })

  test('branches that are concatenated keep widths of their own', () => {
    const branches = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 8, 9, 9])
      const make = { in: 8, middle: 12, out: 8, activation: 'Relu' } as const
      const both = g.op('Concat', [bottleneck(g, x, make), bottleneck(g, x, { ...make, seed: 2 })], { axis: 1 })
      g.output(bottleneck(g, both, { in: 16, middle: 24, out: 8, seed: 3 }), 'y')
    })
    const [first, second] = ['Conv_2', 'Conv_5']
    const decisions = [first, second].map((group, i): Decision => ({ kind: 'width', group: group!, size: 4 + 2 * i }))
    const sizes = channels(applyRecipe(branches, { recipeVersion: 1, decisions }).model)
    expect([sizes[2], sizes[5], sizes[6]]).toEqual(['12 -> 4', '12 -> 6', '10 -> 24'])
  })
})
