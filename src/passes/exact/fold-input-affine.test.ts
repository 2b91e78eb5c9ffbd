import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { foldInputAffine } from './fold-input-affine.js'

const holder = useRuntime()

type Floats = (dims: number[]) => Value
const check = (make: (g: GraphBuilder, floats: Floats) => Value) =>
  expectEquivalent(
    holder.runtime,
    (g) => {
      const random = new SeededRandom(41)
      const floats = (dims: number[]) =>
        g.constant(
          Tensor.float32(
            Array.from({ length: volume(dims) }, () => 0.25 + random.uniform()),
            dims,
          ),
        )
      g.output(make(g, floats), 'y')
    },
    { passes: [foldInputAffine] },
  )

const normalise = (g: GraphBuilder, x: Value, channels: number, f: Floats) =>
  g.op('BatchNormalization', [x, f([channels]), f([channels]), f([channels]), f([channels])])

describe('layers that are no convolution', () => {
  test.each<[string, (g: GraphBuilder, f: Floats) => Value, string[]]>([
    [
      'BatchNormalization, Gemm with alpha, beta and a turned weight',
      (g, f) =>
        g.op('Gemm', [normalise(g, g.input('x', 'float32', [2, 5]), 5, f), f([3, 5]), f([3])], {
          transB: 1,
          alpha: attr.float(0.5),
          beta: attr.float(2),
        }),
      ['Gemm'],
    ],
    [
      'BatchNormalization, Gemm without C',
      (g, f) =>
        g.op('Gemm', [normalise(g, g.input('x', 'float32', [2, 5]), 5, f), f([5, 3])], { beta: attr.float(0.5) }),
      ['Gemm'],
    ],
    [
      'a turned input stays',
      (g, f) => g.op('Gemm', [g.op('Mul', [g.input('x', 'float32', [5, 2]), f([2])]), f([5, 3])], { transA: 1 }),
      ['Mul', 'Gemm'],
    ],
    [
      'Mul by column, MatMul',
      (g, f) => g.op('MatMul', [g.op('Mul', [g.input('x', 'float32', [2, 4, 5]), f([5])]), f([5, 3])]),
      ['MatMul'],
    ],
    [
      'Mul by row stays',
      (g, f) => g.op('MatMul', [g.op('Mul', [g.input('x', 'float32', [2, 4, 5]), f([4, 1])]), f([5, 3])]),
      ['Mul', 'MatMul'],
    ],
    [
      'Add, MatMul stays: it takes no bias',
      (g, f) => g.op('MatMul', [g.op('Add', [g.input('x', 'float32', [2, 4, 5]), f([5])]), f([5, 3])]),
      ['Add', 'MatMul'],
    ],
    [
      'Mul that makes columns, MatMul stays',
      (g, f) => g.op('MatMul', [g.op('Mul', [g.input('x', 'float32', [4, 1]), f([5])]), f([5, 3])]),
      ['Mul', 'MatMul'],
    ],
    [
      'Div, grouped ConvTranspose',
      (g, f) =>
        g.op('ConvTranspose', [g.op('Div', [g.input('x', 'float32', [1, 4, 3, 3]), f([4, 1, 1])]), f([4, 2, 2, 2])], {
          group: 2,
          strides: [2, 2],
        }),
      ['ConvTranspose'],
    ],
    [
      'Add, ConvTranspose stays: the border sees less of it',
      (g, f) =>
        g.op('ConvTranspose', [g.op('Add', [g.input('x', 'float32', [1, 4, 3, 3]), f([4, 1, 1])]), f([4, 2, 2, 2])]),
      ['Add', 'ConvTranspose'],
    ],
  ])('%s', async (_, make, left) => {
    const { ops } = await check(make)
    expect(ops).toEqual(left)
  })
})

describe('what runtimes recognise keeps its form', () => {
  const number = (g: GraphBuilder, value: number) => g.constant(Tensor.float32([value], []))
  test('a Gelu before opset 20', async () => {
    const { fired, skipped } = await check((g, f) => {
      const x = g.input('x', 'float32', [2, 3, 5])
      const gate = g.op('Add', [g.op('Erf', [g.op('Div', [x, number(g, Math.SQRT2)])]), number(g, 1)])
      return g.op('MatMul', [g.op('Mul', [g.op('Mul', [x, gate]), number(g, 0.5)]), f([5, 3])])
    })
    expect(fired).toEqual([])
    expect(skipped).toEqual(['fold-input-affine: formula-tail'])
  })
  test('the scale of a layer normalization', async () => {
    const { fired, skipped } = await check((g, f) => {
      const d = g.input('d', 'float32', [2, 3, 5])
      const root = g.op('Sqrt', [g.op('Add', [g.op('Mul', [d, d]), number(g, 1)])])
      return g.op('MatMul', [g.op('Mul', [g.op('Div', [d, root]), f([5])]), f([5, 3])])
    })
    expect(fired).toEqual([])
    expect(skipped).toEqual(['fold-input-affine: formula-tail'])
  })
})

test('property: maps of any shape before a convolution of any kind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('BatchNormalization', 'Mul', 'Div', 'Add', 'Sub'),
      fc.constantFrom<number[]>([], [1], [4, 1, 1], [1, 4, 1, 1], [4], [2, 1, 1, 1], [1, 1, 4, 1, 1]),
      fc.constantFrom(1, 2, 4),
      fc.constantFrom(1, 3),
      fc.constantFrom<Record<string, number[] | string>>(
        {},
        { pads: [0, 0, 0, 1] },
        { auto_pad: 'SAME_UPPER' },
        { auto_pad: 'VALID' },
      ),
      fc.constantFrom(1, 4),
      fc.boolean(),
      async (type, dims, group, kernel, padding, channels, isLeft) => {
        const isMap = type !== 'BatchNormalization'
        // Five axes are a convolution of another rank.
        const rank = isMap && dims.length === 5 ? 3 : 2
        const make = (g: GraphBuilder, f: Floats) => {
          const isNarrow = channels === 1 && isMap && dims.includes(4) && dims.at(-1) === 1
          const spatial = new Array<number>(rank).fill(4)
          const x = g.input('x', 'float32', rank === 3 ? [1, 4, ...spatial] : [1, isNarrow ? 1 : 4, ...spatial])
          const mapped = isMap ? g.op(type, isLeft ? [f(dims), x] : [x, f(dims)]) : normalise(g, x, 4, f)
          const attributes = { group, ...(rank === 2 ? padding : {}) }
          return g.op('Conv', [mapped, f([4, 4 / group, ...new Array<number>(rank).fill(kernel)]), f([4])], attributes)
        }
        await check(make)
      },
    ),
    { numRuns: 80 },
  )
})
