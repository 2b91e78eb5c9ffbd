import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectEquivalent, useRuntime } from '../../../test/passes/equivalence.js'
import type { GraphBuilder } from '../../ir/build.js'
import type { DType } from '../../ir/dtype.js'
import type { Value } from '../../ir/graph.js'
import { attr } from '../../ir/patch.js'
import { Tensor } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { fromDoubles } from '../weights.js'
import { mergeChannelAffines } from './merge-channel-affines.js'
import { recogniseClip } from './recognise-clip.js'
import { recogniseMish, recogniseSilu } from './recognise-gated.js'
import { recogniseGelu } from './recognise-gelu.js'
import { recogniseGroupNormalization } from './recognise-group-normalization.js'
import { recogniseHardSigmoid, recogniseHardSwish } from './recognise-hard-swish.js'
import { recogniseLayerNormalization } from './recognise-layer-normalization.js'

const holder = useRuntime()
const passes = [
  recogniseClip,
  recogniseHardSwish,
  recogniseHardSigmoid,
  recogniseGelu,
  recogniseSilu,
  recogniseMish,
  recogniseLayerNormalization,
  recogniseGroupNormalization,
  mergeChannelAffines,
]

/** Operators on x and numbers in one dtype. */
class Formula {
  readonly g: GraphBuilder
  readonly dtype: DType
  readonly #random = new SeededRandom(31)

  constructor(g: GraphBuilder, dtype: DType) {
    this.g = g
    this.dtype = dtype
  }

  number(value: number, dims: number[] = []): Value {
    return this.g.constant(fromDoubles(this.dtype, dims, Float64Array.of(value)))
  }

  vector(dims: number[]): Value {
    const size = dims.reduce((all, dim) => all * dim, 1)
    return this.g.constant(
      fromDoubles(
        this.dtype,
        dims,
        Float64Array.from({ length: size }, () => 0.5 + this.#random.uniform()),
      ),
    )
  }

  op(type: string, ...inputs: (Value | number)[]): Value {
    return this.g.op(
      type,
      inputs.map((input) => (typeof input === 'number' ? this.number(input) : input)),
    )
  }

  mean(x: Value, axes: number[], keepdims = 1): Value {
    return this.g.op('ReduceMean', [x], { axes: attr.ints(axes), keepdims })
  }

  reshape(x: Value, dims: number[]): Value {
    return this.g.op('Reshape', [x, this.g.constant(Tensor.int64(dims))])
  }
}

type Make = (f: Formula, x: Value) => Value

const check = (make: Make, opset: number, dims: number[] = [2, 3, 4], dtype: DType = 'float32') =>
  expectEquivalent(holder.runtime, (g) => g.output(make(new Formula(g, dtype), g.input('x', dtype, dims)), 'y'), {
    passes,
    opset,
    irVersion: opset > 20 ? 10 : 8,
  })

const clipped = (f: Formula, x: Value) => f.op('Clip', f.op('Add', x, 3), 0, 6)
const erf = (f: Formula, x: Value) => f.op('Add', f.op('Erf', f.op('Mul', x, Math.SQRT1_2)), 1)
const tanh = (f: Formula, inside: Value) => f.op('Add', 1, f.op('Tanh', inside))
const slope = 0.7978845608028654

describe('written in other words', () => {
  test.each<[string, Make, number, string[]]>([
    [
      'HardSwish: x times a gate divided first',
      (f, x) => f.op('Mul', f.op('Mul', clipped(f, x), 1 / 6), x),
      14,
      ['HardSwish'],
    ],
    ['HardSwish: x divided first', (f, x) => f.op('Mul', f.op('Div', x, 6), clipped(f, x)), 14, ['HardSwish']],
    [
      'HardSwish: Min and Max',
      (f, x) => f.op('Div', f.op('Mul', x, f.op('Min', f.op('Max', f.op('Add', x, 3), 0), 6)), 6),
      14,
      ['HardSwish'],
    ],
    ['HardSigmoid without an offset', (f, x) => f.op('Div', f.op('Clip', x, 0, 4), 4), 13, ['HardSigmoid']],
    [
      'HardSigmoid of another slope',
      (f, x) => f.op('Mul', f.op('Clip', f.op('Add', 2.5, x), 0, 5), 0.2),
      13,
      ['HardSigmoid'],
    ],
    ['Gelu: half times gate', (f, x) => f.op('Mul', x, f.op('Mul', 0.5, erf(f, x))), 20, ['Gelu']],
    ['Gelu: divided by two', (f, x) => f.op('Div', f.op('Mul', erf(f, x), x), 2), 20, ['Gelu']],
    [
      'Gelu by Tanh and Pow',
      (f, x) =>
        f.op(
          'Mul',
          f.op('Mul', x, 0.5),
          tanh(f, f.op('Mul', f.op('Add', x, f.op('Mul', f.op('Pow', x, 3), 0.044715)), slope)),
        ),
      20,
      ['Gelu'],
    ],
    [
      'Gelu by Tanh and products',
      (f, x) => {
        const square = f.op('Mul', x, x)
        const inside = f.op('Mul', f.op('Mul', x, slope), f.op('Add', f.op('Mul', square, 0.044715), 1))
        return f.op('Mul', 0.5, f.op('Mul', x, tanh(f, inside)))
      },
      20,
      ['Gelu'],
    ],
    ['Mish', (f, x) => f.op('Mul', f.op('Tanh', f.op('Softplus', x)), x), 18, ['Mish']],
    ['Clip: Min outside', (f, x) => f.op('Min', 6, f.op('Max', x, 0)), 13, ['Clip']],
    ['Clip: Max outside, opset 10', (f, x) => f.op('Max', f.op('Min', x, 1), -1), 10, ['Clip']],
    [
      'LayerNormalization with a reciprocal',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [-1]))
        const root = f.op('Sqrt', f.op('Add', f.mean(f.op('Mul', d, d), [-1]), 1e-5))
        return f.op('Add', f.op('Mul', f.op('Mul', d, f.op('Reciprocal', root)), f.vector([4])), f.vector([4]))
      },
      17,
      ['LayerNormalization'],
    ],
    [
      'LayerNormalization over two axes, plain',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [2, 1]))
        return f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Pow', d, 2), [-1, -2]), 1e-3)))
      },
      17,
      ['LayerNormalization'],
    ],
  ])('%s', async (_, make, opset, left) => {
    expect((await check(make, opset)).ops).toEqual(left)
  })

  test.each<[string, Make, number]>([
    ['HardSwish', (f, x) => f.op('Div', f.op('Mul', x, clipped(f, x)), 6), 14],
    ['Gelu', (f, x) => f.op('Mul', f.op('Mul', x, erf(f, x)), 0.5), 20],
    ['Swish', (f, x) => f.op('Mul', f.op('Sigmoid', x), x), 24],
    [
      'LayerNormalization',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [-1]))
        const y = f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Pow', d, 2), [-1]), 1e-3)))
        return f.op('Add', f.op('Mul', y, f.vector([4])), f.vector([4]))
      },
      17,
    ],
  ])('%s in float16', async (name, make, opset) => {
    expect((await check(make, opset, [2, 3, 4], 'float16')).ops).toEqual([name])
  })
})

describe('nearly, but not', () => {
  test.each<[string, Make, number]>([
    ['Gelu with another half', (f, x) => f.op('Mul', f.op('Mul', x, erf(f, x)), 0.49), 20],
    [
      'Gelu with another slope',
      (f, x) => f.op('Mul', f.op('Mul', x, f.op('Add', f.op('Erf', f.op('Mul', x, 0.7)), 1)), 0.5),
      20,
    ],
    [
      'Gelu with an offset inside',
      (f, x) =>
        f.op('Mul', f.op('Mul', x, f.op('Add', f.op('Erf', f.op('Mul', f.op('Add', x, 0.1), Math.SQRT1_2)), 1)), 0.5),
      20,
    ],
    ['Gelu of two different values', (f, x) => f.op('Mul', f.op('Mul', f.op('Relu', x), erf(f, x)), 0.5), 20],
    [
      'Gelu with a number of more axes',
      (f, x) => f.op('Mul', f.op('Mul', x, erf(f, x)), f.number(0.5, [1, 1, 1, 1])),
      20,
    ],
    [
      'HardSwish with a number of more axes',
      (f, x) => f.op('Div', f.op('Mul', x, f.op('Clip', f.op('Add', x, f.number(3, [1, 1, 1, 1])), 0, 6)), 6),
      14,
    ],
    ['HardSigmoid that does not end at one', (f, x) => f.op('Div', f.op('Clip', f.op('Add', x, 3), 0, 6), 5), 14],
    ['HardSigmoid that starts elsewhere', (f, x) => f.op('Div', f.op('Clip', x, -1, 6), 6), 14],
    ['Clip with crossed bounds', (f, x) => f.op('Min', f.op('Max', x, 2), 1), 13],
    ['Max of three', (f, x) => f.op('Min', f.op('Max', x, 0, f.op('Neg', x)), 6), 13],
    ['Mish with two inputs', (f, x) => f.op('Mul', f.op('Relu', x), f.op('Tanh', f.op('Softplus', x))), 18],
    ['Mish before its opset', (f, x) => f.op('Mul', x, f.op('Tanh', f.op('Softplus', x))), 17],
    ['Swish before its opset', (f, x) => f.op('Mul', x, f.op('Sigmoid', x)), 23],
    [
      'LayerNormalization over the middle axis',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [1]))
        return f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Mul', d, d), [1]), 1e-5)))
      },
      17,
    ],
    [
      'LayerNormalization with a power of three',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [2]))
        return f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Abs', f.op('Pow', d, 3)), [2]), 1e-5)))
      },
      17,
    ],
    [
      'LayerNormalization with axes that differ',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [2]))
        return f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Mul', d, d), [1, 2]), 1e-5)))
      },
      17,
    ],
    [
      'LayerNormalization whose centred value serves others',
      (f, x) => {
        const d = f.op('Sub', x, f.mean(x, [2]))
        const y = f.op('Div', d, f.op('Sqrt', f.op('Add', f.mean(f.op('Mul', d, d), [2]), 1e-5)))
        return f.op('Add', y, d)
      },
      17,
    ],
  ])('%s', async (_, make, opset) => {
    expect((await check(make, opset)).fired).toEqual([])
  })

  test('what a graph output shows is kept', async () => {
    const build = (g: GraphBuilder) => {
      const f = new Formula(g, 'float32')
      const x = g.input('x', 'float32', [2, 3])
      const gate = erf(f, x)
      g.output(gate, 'gate')
      g.output(f.op('Mul', f.op('Mul', x, gate), 0.5), 'y')
    }
    expect((await expectEquivalent(holder.runtime, build, { passes, opset: 20 })).fired).toEqual([])
  })
})

describe('group normalization', () => {
  const grouped =
    (groups: number, back: number[], affine = true): Make =>
    (f, x) => {
      const inner = f.g.op(
        'InstanceNormalization',
        [f.reshape(x, [0, groups, -1]), f.vector([groups]), f.vector([groups])],
        { epsilon: attr.float(1e-3) },
      )
      const y = f.reshape(inner, back)
      return affine ? f.op('Add', f.op('Mul', y, f.vector([6, 1, 1])), f.vector([6, 1, 1])) : y
    }
  test.each<[string, Make, number, string[]]>([
    ['with scale and shift behind', grouped(3, [2, 6, 4, 4]), 21, ['GroupNormalization']],
    ['one group, plain', grouped(1, [2, 6, 4, 4], false), 21, ['GroupNormalization']],
    ['before opset 21', grouped(3, [2, 6, 4, 4], false), 20, ['Reshape', 'InstanceNormalization', 'Reshape']],
    ['that ends in another shape', grouped(3, [2, 6, 16], false), 21, ['Reshape', 'InstanceNormalization', 'Reshape']],
  ])('%s', async (_, make, opset, left) => {
    expect((await check(make, opset, [2, 6, 4, 4])).ops).toEqual(left)
  })
})

test('property: random products of a gate, x and numbers keep their function', async () => {
  const part = fc.constantFrom('x', 'gate', 'half', 'two', 'sixth', 'relu')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('erf', 'clip', 'sigmoid', 'hard', 'tanh'),
      fc.array(fc.tuple(part, fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(10, 13, 17, 20, 24),
      async (kind, parts, opset) => {
        const make: Make = (f, x) => {
          const bounds = (value: Value) =>
            opset < 11 ? f.g.op('Clip', [value], { min: attr.float(0), max: attr.float(6) }) : f.op('Clip', value, 0, 6)
          const gate = {
            erf: () => erf(f, x),
            clip: () => bounds(f.op('Add', x, 3)),
            sigmoid: () => f.op('Sigmoid', x),
            hard: () => f.g.op('HardSigmoid', [x], { alpha: attr.float(1 / 6) }),
            tanh: () =>
              tanh(f, f.op('Mul', f.op('Add', x, f.op('Mul', f.op('Mul', f.op('Mul', x, x), x), 0.044715)), slope)),
          }[kind]()
          let value = gate
          for (const [name, isLeft, divides] of parts) {
            const other = { x, gate, half: 0.5, two: 2, sixth: 1 / 6, relu: f.op('Relu', x) }[name]
            if (typeof other === 'number' && divides) value = f.op('Div', value, 1 / other)
            else value = isLeft ? f.op('Mul', other, value) : f.op('Mul', value, other)
          }
          return value
        }
        await check(make, opset)
      },
    ),
    { numRuns: 60 },
  )
})
