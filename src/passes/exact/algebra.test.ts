import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { numberToFloat16, Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { cleanUpPasses } from '../pipeline.js'
import { foldBatchNormalization, foldBias, foldScale } from './fold-channel-affine.js'
import { foldInputAffine } from './fold-input-affine.js'
import { matmulAddToGemm } from './matmul-add-to-gemm.js'
import { mergeChannelAffines } from './merge-channel-affines.js'
import { mergeConstantOperands } from './merge-constant-operands.js'

const holder = useRuntime()

/** Seeded weights, fresh for every model built. */
function weights(seed: number) {
  const random = new SeededRandom(seed)
  const floats = (dims: number[], low = -1, high = 1) =>
    Tensor.float32(
      Array.from({ length: volume(dims) }, () => low + random.uniform() * (high - low)),
      dims,
    )
  return floats
}

/** BatchNormalization with `channels` channels. */
function normalise(
  g: GraphBuilder,
  x: Value,
  channels: number,
  floats: ReturnType<typeof weights>,
  attributes = {},
): Value {
  const [scale, shift, mean] = [floats([channels], 0.5, 2), floats([channels]), floats([channels])]
  const inputs = [scale, shift, mean, floats([channels], 0.1, 2)].map((tensor) => g.constant(tensor))
  return g.op('BatchNormalization', [x, ...inputs], attributes)
}

describe('per-channel maps go into the layer before', () => {
  test.each<[string, (g: GraphBuilder, floats: ReturnType<typeof weights>) => void, number, string[]]>([
    [
      'Conv, BN',
      (g, f) =>
        g.output(
          normalise(g, g.op('Conv', [g.input('x', 'float32', ['n', 3, 5, 5]), g.constant(f([4, 3, 3, 3]))]), 4, f),
          'y',
        ),
      17,
      ['Conv'],
    ],
    [
      'Conv with bias and padding, BN',
      (g, f) =>
        g.output(
          normalise(
            g,
            g.op('Conv', [g.input('x', 'float32', [1, 3, 5, 5]), g.constant(f([4, 3, 3, 3])), g.constant(f([4]))], {
              pads: [1, 1, 1, 1],
            }),
            4,
            f,
          ),
          'y',
        ),
      11,
      ['Conv'],
    ],
    [
      'depthwise Conv, BN of opset 8',
      (g, f) =>
        g.output(
          normalise(
            g,
            g.op('Conv', [g.input('x', 'float32', [1, 4, 5, 5]), g.constant(f([4, 1, 3, 3]))], { group: 4 }),
            4,
            f,
          ),
          'y',
        ),
      8,
      ['Conv'],
    ],
    [
      '1-D Conv, BN',
      (g, f) =>
        g.output(normalise(g, g.op('Conv', [g.input('x', 'float32', [1, 3, 9]), g.constant(f([4, 3, 3]))]), 4, f), 'y'),
      15,
      ['Conv'],
    ],
    [
      'grouped ConvTranspose, BN',
      (g, f) =>
        g.output(
          normalise(
            g,
            g.op('ConvTranspose', [g.input('x', 'float32', [1, 4, 4, 4]), g.constant(f([4, 3, 2, 2]))], {
              group: 2,
              strides: [2, 2],
            }),
            6,
            f,
          ),
          'y',
        ),
      17,
      ['ConvTranspose'],
    ],
    [
      'Gemm, BN',
      (g, f) =>
        g.output(
          normalise(
            g,
            g.op('Gemm', [g.input('x', 'float32', [2, 5]), g.constant(f([3, 5])), g.constant(f([3]))], { transB: 1 }),
            3,
            f,
          ),
          'y',
        ),
      17,
      ['Gemm'],
    ],
    [
      'Conv, Mul, Add',
      (g, f) =>
        g.output(
          g.op('Add', [
            g.constant(f([4, 1, 1])),
            g.op('Mul', [
              g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))]),
              g.constant(f([1, 4, 1, 1])),
            ]),
          ]),
          'y',
        ),
      17,
      ['Conv'],
    ],
    [
      'Conv, Div by a scalar, Sub',
      (g, f) =>
        g.output(
          g.op('Sub', [
            g.op('Div', [
              g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))]),
              g.constant(Tensor.float32([2.5], [])),
            ]),
            g.constant(f([4, 1, 1])),
          ]),
          'y',
        ),
      17,
      ['Conv'],
    ],
    [
      'a constant minus a Conv',
      (g, f) =>
        g.output(
          g.op('Sub', [
            g.constant(f([4, 1, 1])),
            g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))]),
          ]),
          'y',
        ),
      17,
      ['Conv'],
    ],
    [
      'MatMul, Mul of any rank',
      (g, f) =>
        g.output(
          g.op('Mul', [
            g.op('MatMul', [g.input('x', 'float32', [2, 3, 5]), g.constant(f([5, 4]))]),
            g.constant(f([4])),
          ]),
          'y',
        ),
      17,
      ['MatMul'],
    ],
    [
      'MatMul, Add of matrices',
      (g, f) =>
        g.output(
          g.op('Add', [g.op('MatMul', [g.input('x', 'float32', ['n', 5]), g.constant(f([5, 4]))]), g.constant(f([4]))]),
          'y',
        ),
      17,
      ['Gemm'],
    ],
    [
      'BN, Mul, Add without a layer',
      (g, f) =>
        g.output(
          g.op('Add', [
            g.op('Mul', [normalise(g, g.input('x', 'float32', [1, 3, 4, 4]), 3, f), g.constant(f([3, 1, 1]))]),
            g.constant(f([3, 1, 1])),
          ]),
          'y',
        ),
      17,
      ['BatchNormalization'],
    ],
    [
      'constants in a row',
      (g, f) =>
        g.output(
          g.op('Mul', [
            g.op('Mul', [g.input('x', 'float32', [2, 3]), g.constant(Tensor.float32([2]))]),
            g.constant(f([3])),
          ]),
          'y',
        ),
      17,
      ['Mul'],
    ],
  ])('%s', async (_, make, opset, left) => {
    const passes = [
      foldBatchNormalization,
      foldScale,
      foldBias,
      matmulAddToGemm,
      mergeChannelAffines,
      mergeConstantOperands,
    ]
    const { ops } = await expectEquivalent(holder.runtime, (g) => make(g, weights(5)), {
      passes,
      opset,
      symbols: new Map([['n', 2]]),
    })
    expect(ops).toEqual(left)
  })

  test.each<[string, (g: GraphBuilder, floats: ReturnType<typeof weights>) => void, RegExp | null]>([
    [
      'the convolution has another consumer',
      (g, f) => {
        const conv = g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))])
        g.output(normalise(g, conv, 4, f), 'y')
        g.output(g.op('Relu', [conv]), 'z')
      },
      /fold-batch-normalization: shared-value/,
    ],
    [
      'the convolution is a graph output',
      (g, f) => {
        const conv = g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))])
        g.output(conv, 'z')
        g.output(normalise(g, conv, 4, f), 'y')
      },
      /shared-value/,
    ],
    [
      'a weight that is computed',
      (g, f) => {
        const w = g.op('Relu', [g.input('w', 'float32', [4, 3, 1, 1])])
        g.output(normalise(g, g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), w]), 4, f), 'y')
      },
      null,
    ],
    [
      'a shift along the width',
      (g, f) =>
        g.output(
          g.op('Add', [
            g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))]),
            g.constant(f([4])),
          ]),
          'y',
        ),
      null,
    ],
    [
      'an Add that makes the tensor larger',
      (g, f) =>
        g.output(
          g.op('Add', [
            g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([1, 3, 1, 1]))]),
            g.constant(f([5, 1, 1])),
          ]),
          'y',
        ),
      null,
    ],
    [
      'division by zero',
      (g, f) =>
        g.output(
          g.op('Div', [
            g.op('Conv', [g.input('x', 'float32', [1, 3, 4, 4]), g.constant(f([4, 3, 1, 1]))]),
            g.constant(Tensor.float32([0, 1, 1, 1], [4, 1, 1])),
          ]),
          'y',
        ),
      null,
    ],
  ])('not when %s', async (_, make, reason) => {
    const { fired, skipped } = await expectEquivalent(holder.runtime, (g) => make(g, weights(6)), {
      passes: [foldBatchNormalization, foldScale, foldBias],
    })
    expect(fired).toEqual([])
    if (reason !== null) expect(skipped.join('\n')).toMatch(reason)
  })

  test('property: Conv of any shape, then any mixture of maps', async () => {
    const map = fc.constantFrom('bn', 'mul', 'add', 'sub', 'div', 'relu')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(1, 3),
        fc.nat(1),
        fc.boolean(),
        fc.array(map, { maxLength: 5 }),
        async (seed, group, kernel, pad, hasBias, maps) => {
          const build = (g: GraphBuilder) => {
            const f = weights(seed)
            const inputs = [
              g.input('x', 'float32', [1, 4, 6, 6]),
              g.constant(f([8, 4 / group, kernel, kernel])),
              ...(hasBias ? [g.constant(f([8]))] : []),
            ]
            let value = g.op('Conv', inputs, { group, pads: [pad, pad, pad, pad] })
            for (const kind of maps) {
              if (kind === 'bn') value = normalise(g, value, 8, f)
              else if (kind === 'relu') value = g.op('Relu', [value])
              else {
                const constant = g.constant(f(seed % 2 ? [8, 1, 1] : [1], 0.5, 2))
                value = g.op(
                  kind[0]!.toUpperCase() + kind.slice(1),
                  seed % 3 && kind !== 'div' ? [constant, value] : [value, constant],
                )
              }
            }
            g.output(value, 'y')
          }
          await expectEquivalent(holder.runtime, build, { passes: cleanUpPasses })
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('per-channel maps go into the convolution behind', () => {
  const build =
    (pads: number[], kind: 'bn' | 'mul', group = 1) =>
    (g: GraphBuilder) => {
      const f = weights(7)
      const x = g.input('x', 'float32', [1, 4, 5, 5])
      const before = kind === 'bn' ? normalise(g, x, 4, f) : g.op('Mul', [x, g.constant(f([4, 1, 1]))])
      g.output(g.op('Conv', [before, g.constant(f([8, 4 / group, 3, 3])), g.constant(f([8]))], { pads, group }), 'y')
    }
  test.each<[string, number[], 'bn' | 'mul', number, string[]]>([
    ['BN without padding', [0, 0, 0, 0], 'bn', 1, ['Conv']],
    ['BN before a grouped Conv', [0, 0, 0, 0], 'bn', 2, ['Conv']],
    ['BN before a depthwise Conv', [0, 0, 0, 0], 'bn', 4, ['Conv']],
    ['a scale with padding', [1, 1, 1, 1], 'mul', 1, ['Conv']],
    ['BN with padding stays: the border sees zeros', [1, 1, 1, 1], 'bn', 1, ['BatchNormalization', 'Conv']],
    ['BN with padding at one end stays', [0, 0, 0, 1], 'bn', 1, ['BatchNormalization', 'Conv']],
  ])('%s', async (_, pads, kind, group, left) => {
    const { ops, skipped } = await expectEquivalent(holder.runtime, build(pads, kind, group), {
      passes: [foldInputAffine],
    })
    expect(ops).toEqual(left)
    if (left.length > 1) expect(skipped).toEqual(['fold-input-affine: padding-shows-shift'])
  })
})

test('float16 weights are folded with one rounding', async () => {
  const build = (g: GraphBuilder) => {
    const random = new SeededRandom(17)
    const half = (dims: number[], low = -1, high = 1) =>
      g.constant(
        Tensor.fromArray(
          'float16',
          dims,
          Uint16Array.from({ length: volume(dims) }, () => numberToFloat16(low + random.uniform() * (high - low))),
        ),
      )
    const conv = g.op('Conv', [g.input('x', 'float16', [1, 3, 5, 5]), half([4, 3, 3, 3])])
    g.output(g.op('BatchNormalization', [conv, half([4], 0.5, 2), half([4]), half([4]), half([4], 0.5, 2)]), 'y')
  }
  const { ops, after } = await expectEquivalent(holder.runtime, build, { passes: [foldBatchNormalization] })
  expect(ops).toEqual(['Conv'])
  expect(after.graph.first!.inputs[1]!.tensor!.dtype).toBe('float16')
})
