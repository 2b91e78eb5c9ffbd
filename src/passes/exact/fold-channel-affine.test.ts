import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { numberToFloat16, Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { runPasses } from '../driver.js'
import { cleanUpPasses } from '../pipeline.js'
import { foldBatchNormalization, foldBias, foldScale } from './fold-channel-affine.js'
import { foldInputAffine } from './fold-input-affine.js'
import { matmulAddToGemm, transposeIntoGemm } from './matmul-add-to-gemm.js'
import { mergeChannelAffines } from './merge-channel-affines.js'

const holder = useRuntime()
const passes = [
  foldBatchNormalization,
  foldScale,
  foldBias,
  matmulAddToGemm,
  transposeIntoGemm,
  mergeChannelAffines,
  foldInputAffine,
]

/** Seeded constants. */
class Constants {
  readonly #random = new SeededRandom(23)
  readonly #g: GraphBuilder

  constructor(g: GraphBuilder) {
    this.#g = g
  }

  float(dims: number[], low = -1, high = 1): Value {
    const values = Array.from({ length: volume(dims) }, () => low + this.#random.uniform() * (high - low))
    return this.#g.constant(Tensor.float32(values, dims))
  }

  half(dims: number[], low = -1, high = 1): Value {
    const bits = Uint16Array.from({ length: volume(dims) }, () =>
      numberToFloat16(low + this.#random.uniform() * (high - low)),
    )
    return this.#g.constant(Tensor.fromArray('float16', dims, bits))
  }

  normalization(channels: number): Value[] {
    return [
      this.float([channels], 0.5, 2),
      this.float([channels]),
      this.float([channels]),
      this.float([channels], 0.1, 2),
    ]
  }
}

type Make = (g: GraphBuilder, c: Constants) => Value
const check = (make: Make, options: Partial<Parameters<typeof expectEquivalent>[2]> = {}) =>
  expectEquivalent(holder.runtime, (g) => g.output(make(g, new Constants(g)), 'y'), { passes, ...options })

describe('Gemm', () => {
  test.each<[string, Make, string[]]>([
    [
      'beta that had nothing to scale does not scale the new bias',
      (g, c) =>
        g.op('Add', [
          g.op('Gemm', [g.input('x', 'float32', [2, 3]), c.float([3, 4])], { beta: attr.float(0.5) }),
          c.float([4]),
        ]),
      ['Gemm'],
    ],
    [
      'alpha and beta',
      (g, c) =>
        g.op('Mul', [
          g.op('Gemm', [g.input('x', 'float32', [3, 2]), c.float([4, 3]), c.float([4])], {
            alpha: attr.float(0.25),
            beta: attr.float(2),
            transA: 1,
            transB: 1,
          }),
          c.float([1, 4]),
        ]),
      ['Gemm'],
    ],
    [
      'a scalar C becomes a row',
      (g, c) =>
        g.op('Add', [g.op('Gemm', [g.input('x', 'float32', [2, 3]), c.float([3, 4]), c.float([])]), c.float([4])]),
      ['Gemm'],
    ],
    [
      'a C by row stays apart',
      (g, c) =>
        g.op('Add', [g.op('Gemm', [g.input('x', 'float32', [4, 3]), c.float([3, 4]), c.float([4, 1])]), c.float([4])]),
      ['Gemm', 'Add'],
    ],
    [
      'MatMul, BatchNormalization',
      (g, c) =>
        g.op('BatchNormalization', [
          g.op('MatMul', [g.input('x', 'float32', ['n', 3]), c.float([3, 4])]),
          ...c.normalization(4),
        ]),
      ['Gemm'],
    ],
    [
      'MatMul of higher rank, BatchNormalization of its middle axis stays',
      (g, c) =>
        g.op('BatchNormalization', [
          g.op('MatMul', [g.input('x', 'float32', [2, 4, 3]), c.float([3, 4])]),
          ...c.normalization(4),
        ]),
      ['MatMul', 'BatchNormalization'],
    ],
    [
      'Gemm without C, Add of a computed matrix',
      (g, c) =>
        g.op('Add', [
          g.op('Relu', [g.input('r', 'float32', [2, 4])]),
          g.op('Gemm', [g.input('x', 'float32', [2, 3]), c.float([3, 4])], {
            alpha: attr.float(3),
            beta: attr.float(7),
          }),
        ]),
      ['Relu', 'Gemm'],
    ],
    [
      'an Add that makes the product larger stays',
      (g, c) => g.op('Add', [g.op('MatMul', [g.input('x', 'float32', [1, 3]), c.float([3, 4])]), c.float([5, 4])]),
      ['MatMul', 'Add'],
    ],
    [
      'an Add that gives the product another axis stays',
      (g, c) => g.op('Add', [g.op('MatMul', [g.input('x', 'float32', [2, 3]), c.float([3, 4])]), c.float([1, 1, 4])]),
      ['MatMul', 'Add'],
    ],
    [
      'a matrix turned round',
      (g, c) =>
        g.op(
          'Gemm',
          [
            g.op('Transpose', [g.input('x', 'float32', [3, 2])]),
            g.op('Transpose', [g.input('w', 'float32', [3, 4])], { perm: [1, 0] }),
            c.float([4]),
          ],
          { transB: 1 },
        ),
      ['Gemm'],
    ],
  ])('%s', async (_, make, left) => {
    expect((await check(make, { symbols: new Map([['n', 3]]) })).ops).toEqual(left)
  })
})

describe('constants that grow their operand', () => {
  test.each<[string, Make, number]>([
    [
      'a scale that gives a Conv another axis',
      (g, c) =>
        g.op('Mul', [
          g.op('Conv', [g.input('x', 'float32', [1, 2, 4, 4]), c.float([3, 2, 1, 1])]),
          c.float([1, 1, 3, 1, 1]),
        ]),
      2,
    ],
    [
      'a scale that makes one channel into three, before a Conv',
      (g, c) =>
        g.op('Conv', [g.op('Mul', [g.input('x', 'float32', [1, 1, 4, 4]), c.float([3, 1, 1])]), c.float([2, 3, 3, 3])]),
      2,
    ],
    [
      'a scale that adds the batch axis, before a Conv',
      (g, c) =>
        g.op('Conv', [g.op('Mul', [g.input('x', 'float32', [3, 4, 4]), c.float([1, 3, 1, 1])]), c.float([2, 3, 3, 3])]),
      2,
    ],
    [
      'a scale by image, before a Conv',
      (g, c) =>
        g.op('Conv', [
          g.op('Mul', [g.input('x', 'float32', [1, 3, 4, 4]), c.float([2, 3, 1, 1])]),
          c.float([2, 3, 3, 3]),
        ]),
      2,
    ],
  ])('%s', async (_, make, left) => {
    const { ops, fired } = await check(make)
    expect(fired).toEqual([])
    expect(ops).toHaveLength(left)
  })
})

describe('weights that serve others', () => {
  /** Two convolutions with one weight; one is normalised. */
  const shared =
    (channels: number): Make =>
    (g, c) => {
      const x = g.input('x', 'float32', [1, channels, 4, 4])
      const w = c.float([channels, channels, 3, 3])
      const first = g.op('BatchNormalization', [g.op('Conv', [x, w]), ...c.normalization(channels)])
      return g.op('Add', [first, g.op('Conv', [x, w])])
    }
  test('a small one is copied for the layer that changes', async () => {
    const { ops, after } = await check(shared(4))
    expect([...ops].sort()).toEqual(['Add', 'Conv', 'Conv'])
    const weights = [...after.allNodes()].filter((node) => node.is('Conv')).map((node) => node.inputs[1])
    expect(weights[0]).not.toBe(weights[1])
  })
  test('a large one stays shared', async () => {
    const { fired, skipped } = await check(shared(32))
    expect(fired).toEqual([])
    expect(skipped).toContain('fold-batch-normalization: shared-weight')
  })
  test('a shift alone needs no copy', async () => {
    const { ops } = await check((g, c) => {
      const x = g.input('x', 'float32', [1, 32, 4, 4])
      const w = c.float([32, 32, 3, 3])
      return g.op('Sub', [
        g.op('Add', [g.op('Conv', [x, w]), c.float([32, 1, 1])]),
        g.op('Relu', [g.op('Conv', [x, w])]),
      ])
    })
    expect([...ops].sort()).toEqual(['Conv', 'Conv', 'Relu', 'Sub'])
  })
})

describe('float16', () => {
  const scaled =
    (low: number, high: number): Make =>
    (g, c) =>
      g.op('Mul', [
        g.op('Conv', [g.input('x', 'float16', [1, 3, 4, 4]), c.half([4, 3, 1, 1])]),
        c.half([4, 1, 1], low, high),
      ])
  test('a scale that keeps the weights normal is folded', async () => {
    expect((await check(scaled(0.25, 4))).ops).toEqual(['Conv'])
  })
  test.each([
    ['drowns them in its smallest numbers', 1e-6, 2e-6],
    ['takes them beyond its largest', 6e4, 6.5e4],
  ])('not a scale that %s', async (_, low, high) => {
    const build = (g: GraphBuilder) => {
      const c = new Constants(g)
      const w = low > 1 ? c.half([4, 3, 1, 1], 1.5, 2) : c.half([4, 3, 1, 1])
      g.output(
        g.op('Mul', [g.op('Conv', [g.input('x', 'float16', [1, 3, 4, 4]), w]), c.half([4, 1, 1], low, high)]),
        'y',
      )
    }
    const { skipped, fired } = await expectEquivalent(holder.runtime, build, { passes: [foldScale] })
    expect(fired).toEqual([])
    expect(skipped).toEqual(['fold-scale: overflow'])
  })
})

describe('BatchNormalization that stays', () => {
  const behindConv = (g: GraphBuilder, c: Constants, attributes: Record<string, number>) => {
    const conv = g.op('Conv', [g.input('x', 'float32', [2, 3, 4, 4]), c.float([4, 3, 1, 1])])
    return g.op('BatchNormalization', [conv, ...c.normalization(4)], attributes)
  }

  test('in training mode', async () => {
    const build = (g: GraphBuilder) => {
      const c = new Constants(g)
      const conv = g.op('Conv', [g.input('x', 'float32', [2, 3, 4, 4]), c.float([4, 3, 1, 1])])
      const node = g.node('BatchNormalization', [conv, ...c.normalization(4)], { training_mode: 1 }, 3)
      for (const [i, output] of node.outputs.entries()) g.output(output!, `y${i}`)
    }
    const { fired, skipped } = await expectEquivalent(holder.runtime, build, { passes, opset: 15 })
    expect(fired).toEqual([])
    expect(skipped).toContain('fold-batch-normalization: training-mode')
  })
  test.each<[string, Record<string, number>, number, string | undefined]>([
    ['opset 6 in test mode is folded', { is_test: 1 }, 6, undefined],
    ['opset 6 trains unless told', {}, 6, 'training-mode'],
    ['statistics by element', { is_test: 1, spatial: 0 }, 6, 'per-activation-statistics'],
    ['statistics by element, opset 8', { spatial: 0 }, 8, 'per-activation-statistics'],
    ['opset 8 is folded', { spatial: 1 }, 8, undefined],
  ])('%s', async (_, attributes, opset, reason) => {
    // No runtime has kernels for all of these: the decision is what is tested.
    const model = buildModel((g) => g.output(behindConv(g, new Constants(g), attributes), 'y'), { opset })
    const context = { model, keepOverridable: false, foldBudgetBytes: 0 }
    const result = await runPasses(model, [foldBatchNormalization], context)
    expect(result.passes[0]!.skipped.map((skip) => skip.reason)).toEqual(reason === undefined ? [] : [reason])
    expect(result.firings).toHaveLength(reason === undefined ? 1 : 0)
  })
  test('with an overridable scale, when those are kept', async () => {
    const build = (g: GraphBuilder) => {
      const c = new Constants(g)
      const scale = c.float([4], 0.5, 2)
      scale.isInput = true
      g.graph.inputs.push(scale)
      scale.claim = scale.type
      const conv = g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), c.float([4, 3, 1, 1])])
      g.output(g.op('BatchNormalization', [conv, scale, ...c.normalization(4).slice(1)]), 'y')
    }
    const { ops, skipped } = await expectEquivalent(holder.runtime, build, { passes, keepOverridable: true })
    expect(ops).toEqual(['Conv', 'BatchNormalization'])
    expect(skipped).toContain('fold-batch-normalization: not-constant')
  })
})

test('a convolution outside, its normalization in a branch', async () => {
  const build = (g: GraphBuilder) => {
    const c = new Constants(g)
    const conv = g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), c.float([4, 3, 1, 1])])
    const [scale, ...others] = c.normalization(4)
    const branch = (name: string, make: (inner: GraphBuilder) => Value) =>
      attr.graph(g.subgraph(name, (inner) => inner.output(make(inner), name)))
    const attributes = {
      then_branch: branch('t', (inner) =>
        inner.op('Relu', [inner.op('BatchNormalization', [conv, scale!, ...others])]),
      ),
      else_branch: branch('e', (inner) => inner.constant(Tensor.float32(new Array(64).fill(1), [1, 4, 4, 4]))),
    }
    g.output(g.op('If', [g.input('flag', 'bool', [])], attributes), 'y')
  }
  const { ops } = await expectEquivalent(holder.runtime, build, { passes: [foldBatchNormalization] })
  expect([...ops].sort()).toEqual(['Conv', 'If', 'Relu'])
})

test('the name of a graph output goes to the layer that computes it now', async () => {
  const { after } = await check((g, c) =>
    g.op('Add', [g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), c.float([4, 3, 1, 1])]), c.float([4, 1, 1])]),
  )
  expect(after.graph.outputs[0]!.name).toBe('y')
  expect(after.graph.outputs[0]!.producer!.opType).toBe('Conv')
})

test('maps behind an instance normalization go into its scale and shift', async () => {
  const { ops } = await check((g, c) =>
    g.op('Add', [
      g.op('Mul', [
        g.op('InstanceNormalization', [g.input('x', 'float32', [1, 3, 4, 4]), c.float([3]), c.float([3])]),
        c.float([3, 1, 1]),
      ]),
      c.float([1, 3, 1, 1]),
    ]),
  )
  expect(ops).toEqual(['InstanceNormalization'])
})

test('property: Gemm and MatMul with any attributes, then maps by column', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        gemm: fc.boolean(),
        transA: fc.nat(1),
        transB: fc.nat(1),
        alpha: fc.constantFrom(1, 0.5, -2),
        beta: fc.constantFrom(1, 0.5, 0, -2),
        bias: fc.constantFrom<number[] | undefined>(undefined, [], [1], [4], [1, 4], [3, 1], [3, 4]),
        maps: fc.array(
          fc.tuple(
            fc.constantFrom('Mul', 'Add', 'Sub', 'Div'),
            fc.constantFrom<number[]>([], [1], [4], [1, 4], [3, 1], [3, 4], [1, 1, 4]),
            fc.boolean(),
          ),
          { maxLength: 3 },
        ),
      }),
      async ({ gemm, transA, transB, alpha, beta, bias, maps }) => {
        const make: Make = (g, c) => {
          const x = g.input('x', 'float32', gemm && transA ? [5, 3] : [3, 5])
          const w = c.float(gemm && transB ? [4, 5] : [5, 4])
          const attributes = { transA, transB, alpha: attr.float(alpha), beta: attr.float(beta) }
          let value = gemm
            ? g.op('Gemm', [x, w, ...(bias === undefined ? [] : [c.float(bias)])], attributes)
            : g.op('MatMul', [x, w])
          for (const [type, dims, isLeft] of maps) {
            const constant = c.float(dims, 0.5, 2)
            value = g.op(type, isLeft && type !== 'Div' ? [constant, value] : [value, constant])
          }
          return value
        }
        await check(make, { passes: cleanUpPasses })
      },
    ),
    { numRuns: 60 },
  )
})
