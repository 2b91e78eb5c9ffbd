import { describe, expect, test } from 'vitest'
import { endlessModel, smallModel } from '../../../test/zoo/models.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Model, Value } from '../../ir/graph.js'
import { Tensor } from '../../ir/tensor.js'
import { compareGraphs } from './graph-diff.js'

const wave = (dims: readonly number[], phase: number, scale = 1) =>
  Tensor.float32(
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(i * 1.7 + phase)),
    dims,
  )

/** A chain of convolutions, each with a Relu behind it. */
function chain(
  layers: number,
  { names = 'l', phase = 0, scale = 1, strides = [1, 1], extra = -1, activation = 'Relu' }: ChainOptions = {},
): Model {
  return buildModel((g: GraphBuilder) => {
    let x: Value = g.input('x', 'float32', [1, 4, 16, 16])
    for (let i = 0; i < layers; i++) {
      const w = g.constant(wave([4, 4, 3, 3], i + phase, scale), `${names}${i}.w`)
      const y = g.op('Conv', [x, w], { pads: [1, 1, 1, 1], strides: i === 2 ? strides : [1, 1] })
      y.name = `${names}${i}.y`
      x = g.op(activation, [y])
      x.name = `${names}${i}.z`
      if (i === extra) x = g.op('HardSwish', [x])
    }
    g.output(x, 'out')
  })
}

interface ChainOptions {
  readonly names?: string
  readonly phase?: number
  readonly scale?: number
  readonly strides?: readonly number[]
  readonly extra?: number
  readonly activation?: string
}

describe('graphs', () => {
  test.each<[string, Model]>([
    ['the same names', chain(5)],
    ['other names, told by their weights', chain(5, { names: 'other' })],
    ['names that count', chain(5, { names: '1' })],
  ])('a network and itself under %s', (_, other) => {
    const { diff, counterparts } = compareGraphs(chain(5), other)
    expect(diff).toMatchObject({ relation: 'identical', same: 10, changed: [], removed: [], added: [], similarity: 1 })
    expect(counterparts.size).toBe(10)
  })

  test('a changed attribute is named with both values', () => {
    const { diff } = compareGraphs(chain(5), chain(5, { strides: [2, 2] }))
    expect(diff).toMatchObject({ relation: 'related', same: 9, removed: [], added: [] })
    expect(diff.changed).toHaveLength(1)
    expect(diff.changed[0]).toMatchObject({
      attributes: [{ name: 'strides', before: '[1, 1]', after: '[2, 2]' }],
      weights: [],
      rewired: false,
    })
  })

  test('weights that were scaled are told by norm and distance', () => {
    const { diff } = compareGraphs(chain(3), chain(3, { scale: 1.25 }))
    expect(diff.relation).toBe('related')
    expect(diff.changed).toHaveLength(3)
    for (const { weights } of diff.changed) {
      const [weight] = weights
      expect(weight).toMatchObject({ operand: 1, before: 'float32[4, 4, 3, 3]', after: 'float32[4, 4, 3, 3]' })
      expect(weight!.normAfter! / weight!.normBefore!).toBeCloseTo(1.25, 5)
      expect(weight!.distance).toBeCloseTo(0.25, 5)
    }
  })

  test('an inserted node is added, and nothing else is said of its neighbours', () => {
    const { diff } = compareGraphs(chain(5), chain(5, { extra: 2 }))
    expect(diff.added).toHaveLength(1)
    expect(diff.added[0]).toMatch(/^HardSwish/)
    expect(diff.removed).toEqual([])
    expect(diff.changed).toEqual([])
    const back = compareGraphs(chain(5, { extra: 2 }), chain(5)).diff
    expect([back.removed.length, back.added.length]).toEqual([1, 0])
  })

  test('operands that come from another node are told', () => {
    const twisted = (first: boolean) =>
      buildModel((g) => {
        const x = g.input('x', 'float32', [4])
        const [a, b] = [g.op('Sin', [x]), g.op('Cos', [x])]
        a.name = 'a'
        b.name = 'b'
        g.output(g.op('Sub', first ? [a, b] : [b, a]), 'y')
      })
    const { diff } = compareGraphs(twisted(true), twisted(false))
    expect(diff).toMatchObject({ relation: 'related', same: 2, removed: [], added: [] })
    expect(diff.changed).toMatchObject([{ rewired: true, attributes: [], weights: [] }])
  })

  test.each(['l', 'other'])('the same layers with weights of another training, called %s', (names) => {
    const { diff } = compareGraphs(chain(5), chain(5, { names, phase: 3.5 }))
    expect(diff).toMatchObject({ relation: 'retrained', same: 5, removed: [], added: [] })
  })

  test.each<[string, Model, Model]>([
    ['another kind of network', chain(5), smallModel(1)],
    ['a loop', chain(5), endlessModel()],
  ])('%s is told apart', (_, a, b) => {
    const { diff } = compareGraphs(a, b)
    expect(diff.relation).toBe('unrelated')
    expect(diff.similarity).toBeLessThan(0.3)
    expect(compareGraphs(b, a).diff.relation).toBe('unrelated')
  })

  test('a node that takes the place of another of the same result', () => {
    const { diff } = compareGraphs(chain(3), chain(3, { activation: 'Elu' }))
    expect([diff.removed, diff.added]).toEqual([[], []])
    expect(diff.changed.some(({ before, after: now }) => before.startsWith('Relu') && now.startsWith('Elu'))).toBe(true)
    expect(diff.same).toBe(3)
  })

  test('every node is the same, changed, removed or added, whatever is compared', () => {
    const models = [chain(2), chain(5), chain(5, { extra: 1 }), chain(4, { phase: 3 }), smallModel(0), endlessModel()]
    for (const a of models)
      for (const b of models) {
        const { same, changed, removed, added } = compareGraphs(a, b).diff
        expect(same + changed.length + removed.length).toBe([...a.allNodes()].length)
        expect(same + changed.length + added.length).toBe([...b.allNodes()].length)
      }
  })
})
