import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { padIntoWindow } from './pad-into-window.js'

const holder = useRuntime()

const pad = (g: GraphBuilder, x: Value, amounts: number[], value?: number) =>
  g.op('Pad', [
    x,
    g.constant(Tensor.int64(amounts)),
    ...(value === undefined ? [] : [g.constant(Tensor.float32([value], []))]),
  ])

describe('MaxPool behind a Pad by zero', () => {
  const ring = [0, 0, 1, 1, 0, 0, 1, 1]
  const pool = (g: GraphBuilder, x: Value, attributes = {}) =>
    g.op('MaxPool', [x], { kernel_shape: [3, 3], ...attributes })
  test.each<[string, (g: GraphBuilder, x: Value) => Value, string[]]>([
    ['behind Relu', (g, x) => pool(g, pad(g, g.op('Relu', [x]), ring, 0)), ['Relu', 'MaxPool']],
    ['no value given', (g, x) => pool(g, pad(g, g.op('Sigmoid', [x]), ring)), ['Sigmoid', 'MaxPool']],
    [
      'behind a Transpose of a Clip from zero',
      (g, x) => {
        const clip = g.op('Clip', [x, g.constant(Tensor.float32([0], [])), g.constant(Tensor.float32([6], []))])
        return pool(g, pad(g, g.op('Transpose', [clip], { perm: [0, 1, 3, 2] }), ring, 0))
      },
      ['Clip', 'Transpose', 'MaxPool'],
    ],
    [
      'of what may be negative stays',
      (g, x) => pool(g, pad(g, g.op('Tanh', [x]), ring, 0)),
      ['Tanh', 'Pad', 'MaxPool'],
    ],
    [
      'wider than the window stays',
      (g, x) => pool(g, pad(g, g.op('Relu', [x]), [0, 0, 3, 0, 0, 0, 0, 0], 0)),
      ['Relu', 'Pad', 'MaxPool'],
    ],
    [
      'with holes in the window stays: it may hold no element',
      (g, x) => pool(g, pad(g, g.op('Relu', [x]), ring, 0), { dilations: [2, 2] }),
      ['Relu', 'Pad', 'MaxPool'],
    ],
    ['by another number stays', (g, x) => pool(g, pad(g, g.op('Relu', [x]), ring, 1)), ['Relu', 'Pad', 'MaxPool']],
  ])('%s', async (_, make, left) => {
    const build = (g: GraphBuilder) => g.output(make(g, g.input('x', 'float32', [1, 2, 5, 5])), 'y')
    expect((await expectEquivalent(holder.runtime, build, { passes: [padIntoWindow] })).ops).toEqual(left)
  })
})

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

test('property: windows of any shape behind a Pad of any kind', async () => {
  const amount = fc.integer({ min: -1, max: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('Conv', 'depthwise', 'MaxPool', 'AveragePool'),
      fc.record({
        pads: fc.array(amount, { minLength: 4, maxLength: 4 }),
        own: fc.array(fc.nat(1), { minLength: 4, maxLength: 4 }),
        kernel: fc.integer({ min: 2, max: 4 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 2 }),
        auto: fc.constantFrom('NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
        ceil: fc.nat(1),
        counts: fc.nat(1),
        value: fc.constantFrom(0, 0, Number.NEGATIVE_INFINITY, 1),
        relu: fc.boolean(),
      }),
      async (kind, { pads, own, kernel, stride: step, dilation: holes, auto, ceil, counts, value, relu }) => {
        // The runtime has no SAME padding with dilations, nor with steps that leave elements out.
        const stride = Math.min(step, kernel)
        const dilation = auto.startsWith('SAME') ? 1 : holes
        const build = (g: GraphBuilder) => {
          const random = new SeededRandom(5)
          const weight = (dims: number[]) =>
            g.constant(
              Tensor.float32(
                Array.from({ length: volume(dims) }, () => random.uniform() - 0.5),
                dims,
              ),
            )
          const x = g.input('x', 'float32', [1, 4, 9, 10])
          const amounts = [0, 0, pads[0]!, pads[1]!, 0, 0, pads[2]!, pads[3]!]
          const padded = pad(g, relu ? g.op('Relu', [x]) : x, amounts, value)
          const window = {
            strides: [stride, stride],
            auto_pad: auto,
            ...(auto === 'NOTSET' && { pads: own }),
          }
          if (kind === 'Conv')
            g.output(
              g.op('Conv', [padded, weight([3, 4, kernel, kernel])], { ...window, dilations: [dilation, dilation] }),
              'y',
            )
          else if (kind === 'depthwise')
            g.output(g.op('Conv', [padded, weight([4, 1, kernel, kernel])], { ...window, group: 4 }), 'y')
          else
            g.output(
              g.op(kind, [padded], {
                ...window,
                kernel_shape: [kernel, kernel],
                ceil_mode: ceil,
                ...(kind === 'AveragePool' ? { count_include_pad: counts } : { dilations: [dilation, dilation] }),
              }),
              'y',
            )
        }
        await expectEquivalent(holder.runtime, build, { passes: [padIntoWindow] })
      },
    ),
    { numRuns: 120 },
  )
})
