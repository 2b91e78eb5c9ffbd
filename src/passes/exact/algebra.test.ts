import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { numberToFloat16, Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { cleanUpPasses } from '../pipeline.js'
import { dropZeroState } from './drop-zero-state.js'
import { foldBatchNormalization, foldBias, foldScale } from './fold-channel-affine.js'
import { foldInputAffine } from './fold-input-affine.js'
import { matmulAddToGemm } from './matmul-add-to-gemm.js'
import { mergeChannelAffines, mergeConstantOperands } from './merge-channel-affines.js'
import { mergeLinearConvolutions } from './merge-linear-convolutions.js'
import { padIntoWindow } from './pad-into-window.js'
import { recogniseSilu } from './recognise-gated.js'
import { recogniseGelu } from './recognise-gelu.js'
import { recogniseHardSigmoid, recogniseHardSwish } from './recognise-hard-swish.js'
import { recogniseLayerNormalization } from './recognise-layer-normalization.js'

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

describe('padding goes into the window', () => {
  const zeros = Tensor.float32([0], [])
  test.each<[string, (g: GraphBuilder) => Value, number, string[]]>([
    [
      'Pad, Conv',
      (g) =>
        g.op(
          'Conv',
          [
            g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, 1, 2, 0, 0, 0, 1]))]),
            g.constant(weights(1)([3, 2, 3, 3])),
          ],
          { pads: [1, 0, 0, 1] },
        ),
      17,
      ['Conv'],
    ],
    [
      'Pad of opset 10, Conv',
      (g) =>
        g.op('Conv', [
          g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5])], { pads: [0, 0, 1, 1, 0, 0, 1, 1] }),
          g.constant(weights(1)([3, 2, 3, 3])),
        ]),
      10,
      ['Conv'],
    ],
    [
      'Pad, AveragePool: padding is counted',
      (g) =>
        g.op(
          'AveragePool',
          [g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1]))])],
          { kernel_shape: [3, 3] },
        ),
      17,
      ['AveragePool'],
    ],
    [
      'Pad by minus infinity, MaxPool',
      (g) =>
        g.op(
          'MaxPool',
          [
            g.op('Pad', [
              g.input('x', 'float32', [1, 2, 5, 5]),
              g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1])),
              g.constant(Tensor.float32([-Infinity], [])),
            ]),
          ],
          { kernel_shape: [3, 3] },
        ),
      17,
      ['MaxPool'],
    ],
    [
      'Pad by zero, MaxPool stays',
      (g) =>
        g.op(
          'MaxPool',
          [
            g.op('Pad', [
              g.input('x', 'float32', [1, 2, 5, 5]),
              g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1])),
              g.constant(zeros),
            ]),
          ],
          { kernel_shape: [3, 3] },
        ),
      17,
      ['Pad', 'MaxPool'],
    ],
    [
      'Pad of channels stays',
      (g) =>
        g.op('Conv', [
          g.op('Pad', [g.input('x', 'float32', [1, 1, 5, 5]), g.constant(Tensor.int64([0, 1, 0, 0, 0, 0, 0, 0]))]),
          g.constant(weights(1)([3, 2, 3, 3])),
        ]),
      17,
      ['Pad', 'Conv'],
    ],
    [
      'Pad by reflection stays',
      (g) =>
        g.op('Conv', [
          g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1]))], {
            mode: 'reflect',
          }),
          g.constant(weights(1)([3, 2, 3, 3])),
        ]),
      17,
      ['Pad', 'Conv'],
    ],
    [
      'Pad that cuts stays',
      (g) =>
        g.op('Conv', [
          g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, -1, 0, 0, 0, 0, 0]))]),
          g.constant(weights(1)([3, 2, 3, 3])),
        ]),
      17,
      ['Pad', 'Conv'],
    ],
    [
      'Pad before SAME stays',
      (g) =>
        g.op(
          'Conv',
          [
            g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1]))]),
            g.constant(weights(1)([3, 2, 3, 3])),
          ],
          { auto_pad: 'SAME_UPPER', strides: [2, 2] },
        ),
      17,
      ['Pad', 'Conv'],
    ],
    [
      'AveragePool that pads without counting stays',
      (g) =>
        g.op(
          'AveragePool',
          [g.op('Pad', [g.input('x', 'float32', [1, 2, 5, 5]), g.constant(Tensor.int64([0, 0, 1, 1, 0, 0, 1, 1]))])],
          { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
        ),
      17,
      ['Pad', 'AveragePool'],
    ],
  ])('%s', async (_, make, opset, left) => {
    const { ops } = await expectEquivalent(holder.runtime, (g) => g.output(make(g), 'y'), {
      passes: [padIntoWindow],
      opset,
    })
    expect(ops).toEqual(left)
  })
})

describe('formulas become the operator they spell', () => {
  const c = (g: GraphBuilder, value: number) => g.constant(Tensor.float32([value], []))
  const shifted = (g: GraphBuilder, x: Value) => g.op('Clip', [g.op('Add', [x, c(g, 3)]), c(g, 0), c(g, 6)])
  const gate = (g: GraphBuilder, x: Value) => g.op('Add', [g.op('Erf', [g.op('Div', [x, c(g, Math.SQRT2)])]), c(g, 1)])
  const layer = (g: GraphBuilder, x: Value, axes: number[]) => {
    const d = g.op('Sub', [x, g.op('ReduceMean', [x], { axes: attr.ints(axes) })])
    const variance = g.op('ReduceMean', [g.op('Pow', [d, c(g, 2)])], { axes: attr.ints(axes) })
    return g.op('Div', [d, g.op('Sqrt', [g.op('Add', [variance, c(g, 1e-5)])])])
  }
  test.each<[string, (g: GraphBuilder, x: Value) => Value, number, string[]]>([
    ['HardSwish', (g, x) => g.op('Div', [g.op('Mul', [x, shifted(g, x)]), c(g, 6)]), 14, ['HardSwish']],
    [
      'HardSwish through HardSigmoid',
      (g, x) => g.op('Mul', [g.op('Div', [shifted(g, x), c(g, 6)]), x]),
      17,
      ['HardSwish'],
    ],
    [
      'HardSwish before opset 14',
      (g, x) => g.op('Mul', [g.op('Mul', [shifted(g, x), x]), c(g, 1 / 6)]),
      13,
      ['HardSigmoid', 'Mul'],
    ],
    ['HardSigmoid', (g, x) => g.op('Div', [shifted(g, x), c(g, 6)]), 11, ['HardSigmoid']],
    ['Gelu, half outside', (g, x) => g.op('Mul', [g.op('Mul', [x, gate(g, x)]), c(g, 0.5)]), 20, ['Gelu']],
    ['Gelu, half inside', (g, x) => g.op('Mul', [g.op('Mul', [x, c(g, 0.5)]), gate(g, x)]), 20, ['Gelu']],
    [
      'Gelu before opset 20 stays',
      (g, x) => g.op('Mul', [g.op('Mul', [x, gate(g, x)]), c(g, 0.5)]),
      17,
      ['Add', 'Div', 'Erf', 'Mul', 'Mul'],
    ],
    ['Swish', (g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]), 24, ['Swish']],
    [
      'LayerNormalization',
      (g, x) =>
        g.op('Add', [g.op('Mul', [layer(g, x, [-1]), g.constant(weights(1)([4]))]), g.constant(weights(2)([4]))]),
      17,
      ['LayerNormalization'],
    ],
    [
      'LayerNormalization without shift',
      (g, x) => g.op('Mul', [layer(g, x, [2]), g.constant(weights(1)([4]))]),
      17,
      ['LayerNormalization'],
    ],
    [
      'a scale of another shape stays',
      (g, x) => g.op('Mul', [layer(g, x, [-1]), g.constant(weights(1)([3, 1]))]),
      17,
      ['LayerNormalization', 'Mul'],
    ],
    [
      'normalising the middle axis stays',
      (g, x) => g.op('Mul', [layer(g, x, [1]), g.constant(weights(1)([4]))]),
      17,
      ['Add', 'Div', 'Mul', 'Pow', 'ReduceMean', 'ReduceMean', 'Sqrt', 'Sub'],
    ],
    [
      'clip at other bounds stays',
      (g, x) => g.op('Div', [g.op('Clip', [g.op('Add', [x, c(g, 3)]), c(g, 0), c(g, 5)]), c(g, 6)]),
      14,
      ['Add', 'Clip', 'Div'],
    ],
  ])('%s', async (_, make, opset, left) => {
    const passes = [recogniseHardSwish, recogniseHardSigmoid, recogniseGelu, recogniseSilu, recogniseLayerNormalization]
    const { ops } = await expectEquivalent(
      holder.runtime,
      (g) => g.output(make(g, g.input('x', 'float32', [2, 3, 4])), 'y'),
      { passes, opset },
    )
    expect([...ops].sort()).toEqual(left)
  })
})

describe('two linear convolutions become one where the target wants it', () => {
  const build =
    (
      first: { k: number; group: number; bias: boolean; pad: number },
      second: { k: number; group: number; pad: number },
    ) =>
    (g: GraphBuilder) => {
      const f = weights(11)
      const x = g.input('x', 'float32', [1, 4, 6, 6])
      const a = [x, g.constant(f([4, 4 / first.group, first.k, first.k])), ...(first.bias ? [g.constant(f([4]))] : [])]
      const inner = g.op('Conv', a, { group: first.group, pads: [first.pad, first.pad, first.pad, first.pad] })
      const b = [inner, g.constant(f([6, 4 / second.group, second.k, second.k])), g.constant(f([6]))]
      g.output(
        g.op('Conv', b, {
          group: second.group,
          pads: [second.pad, second.pad, second.pad, second.pad],
          strides: [second.k > 1 ? 2 : 1, second.k > 1 ? 2 : 1],
        }),
        'y',
      )
    }
  test.each<[string, Parameters<typeof build>, boolean]>([
    [
      'depthwise with bias and padding, then 1x1',
      [
        { k: 3, group: 4, bias: true, pad: 1 },
        { k: 1, group: 1, pad: 0 },
      ],
      true,
    ],
    [
      'dense 3x3, then grouped 1x1',
      [
        { k: 3, group: 1, bias: true, pad: 0 },
        { k: 1, group: 2, pad: 0 },
      ],
      true,
    ],
    [
      '1x1 without bias, then padded 3x3 with stride',
      [
        { k: 1, group: 1, bias: false, pad: 0 },
        { k: 3, group: 1, pad: 1 },
      ],
      true,
    ],
    [
      '1x1 with bias, then unpadded 3x3',
      [
        { k: 1, group: 2, bias: true, pad: 0 },
        { k: 3, group: 2, pad: 0 },
      ],
      true,
    ],
    [
      '1x1 with bias, then padded 3x3: the border sees zeros',
      [
        { k: 1, group: 1, bias: true, pad: 0 },
        { k: 3, group: 1, pad: 1 },
      ],
      false,
    ],
    [
      'two 3x3',
      [
        { k: 3, group: 1, bias: false, pad: 0 },
        { k: 3, group: 1, pad: 0 },
      ],
      false,
    ],
  ])('%s', async (_, [first, second], merges) => {
    const { ops } = await expectEquivalent(holder.runtime, build(first, second), {
      passes: [mergeLinearConvolutions],
      isCheaper: () => true,
    })
    expect(ops).toHaveLength(merges ? 1 : 2)
  })

  test('not when the target does not gain', async () => {
    const make = build({ k: 3, group: 4, bias: true, pad: 1 }, { k: 1, group: 1, pad: 0 })
    expect(
      (await expectEquivalent(holder.runtime, make, { passes: [mergeLinearConvolutions], isCheaper: () => false }))
        .fired,
    ).toEqual([])
  })
})

describe('initial states of zeros', () => {
  const lstm = (state: (g: GraphBuilder, x: Value) => Value) => (g: GraphBuilder) => {
    const f = weights(13)
    const x = g.input('x', 'float32', ['t', 2, 3])
    const zero = state(g, x)
    g.output(
      g.op(
        'LSTM',
        [x, g.constant(f([1, 16, 3])), g.constant(f([1, 16, 4])), g.constant(f([1, 32])), undefined, zero, zero],
        { hidden_size: 4 },
      ),
      'y',
    )
  }
  test.each<[string, (g: GraphBuilder, x: Value) => Value, boolean]>([
    ['constant', (g) => g.constant(Tensor.float32(new Array(8).fill(0), [1, 2, 4])), true],
    [
      'of a computed shape',
      (g, x) => {
        const batch = g.op('Gather', [g.op('Shape', [x]), g.constant(Tensor.int64([1]))])
        return g.op('ConstantOfShape', [
          g.op('Concat', [g.constant(Tensor.int64([1])), batch, g.constant(Tensor.int64([4]))], { axis: 0 }),
        ])
      },
      true,
    ],
    ['that are not zeros', (g) => g.constant(Tensor.float32([0, 0, 0, 0, 0, 0, 0, 0.5], [1, 2, 4])), false],
  ])('%s', async (_, state, goes) => {
    const { ops, after } = await expectEquivalent(holder.runtime, lstm(state), {
      passes: [dropZeroState],
      symbols: new Map([['t', 5]]),
    })
    expect(after.graph.last!.inputs.length).toBe(goes ? 4 : 7)
    if (goes) expect(ops).toEqual(['LSTM'])
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
