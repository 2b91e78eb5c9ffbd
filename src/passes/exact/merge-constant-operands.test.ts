import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import { numberToFloat16, Tensor, volume } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { mergeConstantOperands } from './merge-constant-operands.js'

const holder = useRuntime()
const check = (build: (g: GraphBuilder) => void) =>
  expectEquivalent(holder.runtime, build, { passes: [mergeConstantOperands] })
const scalar = (g: GraphBuilder, value: number, dims: number[] = []) => g.constant(Tensor.float32([value], dims))

test.each<[string, [type: string, value: number, isLeft?: boolean][], string[]]>([
  [
    'two sums',
    [
      ['Add', 1],
      ['Sub', 3],
    ],
    ['Add'],
  ],
  [
    'two products',
    [
      ['Mul', 3],
      ['Div', 7],
    ],
    ['Mul'],
  ],
  [
    'two quotients',
    [
      ['Div', 3],
      ['Div', 7],
    ],
    ['Mul'],
  ],
  [
    'a number minus x stays',
    [
      ['Sub', 3, true],
      ['Add', 1],
    ],
    ['Sub', 'Add'],
  ],
  [
    'a number by x stays',
    [
      ['Div', 3, true],
      ['Mul', 2],
    ],
    ['Div', 'Mul'],
  ],
  [
    'a sum and a product stay',
    [
      ['Add', 3],
      ['Mul', 2],
    ],
    ['Add', 'Mul'],
  ],
  [
    'a product that overflows stays',
    [
      ['Mul', 1e30],
      ['Mul', 1e30],
    ],
    ['Mul', 'Mul'],
  ],
  [
    'a product that vanishes stays',
    [
      ['Mul', 1e-30],
      ['Mul', 1e-30],
    ],
    ['Mul', 'Mul'],
  ],
  [
    'a product with zero',
    [
      ['Mul', 0],
      ['Div', 2],
    ],
    ['Mul'],
  ],
  [
    'a division by zero stays',
    [
      ['Mul', 2],
      ['Div', 0],
    ],
    ['Mul', 'Div'],
  ],
])('%s', async (_, maps, left) => {
  const { ops } = await check((g) => {
    let value = g.op('Abs', [g.input('x', 'float32', [2, 3])])
    for (const [type, constant, isLeft] of maps)
      value = g.op(type, isLeft ? [scalar(g, constant), value] : [value, scalar(g, constant)])
    g.output(value, 'y')
  })
  expect(ops).toEqual(['Abs', ...left])
})

test('in float16', async () => {
  const half = (g: GraphBuilder, value: number) =>
    g.constant(Tensor.fromArray('float16', [], Uint16Array.of(numberToFloat16(value))))
  const build = (g: GraphBuilder) =>
    g.output(g.op('Div', [g.op('Mul', [g.input('x', 'float16', [3]), half(g, 3)]), half(g, 7)]), 'y')
  expect((await check(build)).ops).toEqual(['Mul'])
})

test('property: chains of any constants keep value and shape', async () => {
  const shape = fc.constantFrom<number[]>([], [1], [3], [2, 1], [2, 3], [1, 1, 3], [1, 1, 1])
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('Add', 'Sub', 'Mul', 'Div'), shape, fc.boolean()), {
        minLength: 2,
        maxLength: 5,
      }),
      async (maps) => {
        await check((g) => {
          const random = new SeededRandom(3)
          let value = g.input('x', 'float32', [2, 3])
          for (const [type, dims, isLeft] of maps) {
            const values = Array.from({ length: volume(dims) }, () => 0.5 + random.uniform())
            const constant = g.constant(Tensor.float32(values, dims))
            value = g.op(type, isLeft && type !== 'Div' ? [constant, value] : [value, constant])
          }
          g.output(value, 'y')
        })
      },
    ),
    { numRuns: 40 },
  )
})
