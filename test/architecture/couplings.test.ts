import { describe, expect, test } from 'vitest'
import { type BuildOptions, buildModel, type GraphBuilder } from '../../src/ir/build.js'
import type { Value } from '../../src/ir/graph.js'
import { inferTypes } from '../../src/ir/infer.js'
import { attr } from '../../src/ir/patch.js'
import { Tensor, type TypedArray, volume } from '../../src/ir/tensor.js'
import type { ChannelGroup } from '../../src/passes/architecture/channel-groups.js'
import type { UnitChange } from '../../src/passes/architecture/channel-surgery.js'
import { freeGroups } from '../../src/passes/architecture/widths.js'
import { SeededRandom } from '../../src/runtime/random.js'
import { useRuntime } from '../passes/equivalence.js'
import { type Choice, expectPruneIsMask, expectSameFunction } from './prune-is-mask.js'

/** Operators and versions that random graphs do not reach, one by one. */

const holder = useRuntime()

/** Constants by a generator of their own for each graph. */
class Constants {
  readonly #g: GraphBuilder
  readonly #random = new SeededRandom(5)

  constructor(g: GraphBuilder) {
    this.#g = g
  }

  floats(...dims: number[]): Value {
    return this.#g.constant(
      Tensor.float32(
        this.#list(volume(dims), () => this.#random.uniform() * 2 - 1),
        dims,
      ),
      'w',
    )
  }

  scales(...dims: number[]): Value {
    return this.#g.constant(
      Tensor.float32(
        this.#list(volume(dims), () => 0.01 + this.#random.uniform() / 50),
        dims,
      ),
      's',
    )
  }

  ints(...values: number[]): Value {
    return this.#g.constant(Tensor.int64(values), 'ints')
  }

  int8(dims: readonly number[], make = () => this.#random.integer(-100, 100)): Value {
    return this.#typed('int8', dims, Int8Array.from(this.#list(volume(dims), make)))
  }

  uint8(value: number, dims: readonly number[] = []): Value {
    return this.#typed('uint8', dims, new Uint8Array(volume(dims)).fill(value))
  }

  int32(dims: readonly number[], values: readonly number[]): Value {
    return this.#typed('int32', dims, Int32Array.from(values))
  }

  #typed = (dtype: 'int8' | 'uint8' | 'int32', dims: readonly number[], array: TypedArray): Value =>
    this.#g.constant(Tensor.fromArray(dtype, dims, array), 'q')

  #list = (length: number, make: () => number): number[] => Array.from({ length }, make)
}

type Build = (g: GraphBuilder, c: Constants) => Value

const fresh = (build: Build, options: BuildOptions) => async () => {
  const model = buildModel((g) => g.output(build(g, new Constants(g)), 'y'), options)
  inferTypes(model)
  return model
}

/** Every other unit of every group. */
const half: Choice = (groups) =>
  new Map(
    freeGroups(groups).map((group): [ChannelGroup, UnitChange] => [
      group,
      { units: Int32Array.from({ length: Math.ceil(group.units / 2) }, (_, i) => 2 * i) },
    ]),
  )

const image = (g: GraphBuilder, channels = 3, ...space: number[]): Value =>
  g.input('x', 'float32', [1, channels, ...(space.length > 0 ? space : [5, 5])])

/** A convolution to 8 channels, what is tested, and one that ends its channels. */
const between =
  (middle: (g: GraphBuilder, c: Constants, x: Value) => Value, channels = 8): Build =>
  (g, c) => {
    const x = g.op('Relu', [g.op('Conv', [image(g), c.floats(8, 3, 1, 1), c.floats(8)])])
    return g.op('Conv', [middle(g, c, x), c.floats(4, channels, 1, 1)])
  }

describe('cutting is masking', () => {
  test.each<[string, number, Build, BuildOptions]>([
    ['Split by attribute, unequal', 2, splitByAttribute([3, 5]), { opset: 11 }],
    ['Split by attribute, implied', 2, splitByAttribute(undefined), { opset: 11 }],
    [
      'Slice by attributes',
      3,
      between(
        (g, _, x) => g.op('Slice', [x], { starts: attr.ints([2]), ends: attr.ints([-2]), axes: attr.ints([1]) }),
        4,
      ),
      { opset: 9 },
    ],
    [
      'Pad by attribute',
      2,
      between((g, _, x) => g.op('Pad', [x], { pads: attr.ints([0, 1, 0, 0, 0, 2, 0, 0]) }), 11),
      { opset: 9 },
    ],
    [
      'BatchNormalization of old',
      1,
      between((g, c, x) => g.op('BatchNormalization', [x, c.floats(8), c.floats(8), c.floats(8), c.scales(8)])),
      { opset: 9 },
    ],
    [
      'Upsample',
      1,
      between((g, _, x) => g.op('Upsample', [x, g.constant(Tensor.float32([1, 1, 2, 2]))])),
      { opset: 9 },
    ],
    ['Tile', 2, between((g, c, x) => g.op('Tile', [x, c.ints(1, 3, 1, 2)]), 24), {}],
    [
      'Where by a constant',
      1,
      between((g, c, x) =>
        g.op('Where', [
          g.constant(Tensor.bool([true, false, true, true, false, false, true, true], [8, 1, 1])),
          x,
          c.floats(1, 8, 1, 1),
        ]),
      ),
      {},
    ],
    [
      'weights of one number',
      1,
      between((g, c, x) =>
        g.op('Mul', [x, g.op('ConstantOfShape', [c.ints(8, 1, 1)], { value: Tensor.float32([0.5]) })]),
      ),
      {},
    ],
    [
      'groups of GroupNormalization',
      1,
      between((g, c, x) => g.op('GroupNormalization', [x, c.floats(8), c.floats(8)], { num_groups: 4 })),
      { opset: 21, irVersion: 10 },
    ],
    [
      'a constant times a matrix',
      1,
      (g, c) => {
        const tokens = g.op('MatMul', [c.floats(6, 4), g.input('x', 'float32', [1, 4, 7])])
        return g.op('MatMul', [c.floats(3, 6), g.op('Tanh', [tokens])])
      },
      {},
    ],
    [
      'a vector times a matrix',
      1,
      (g, c) => g.op('MatMul', [g.op('MatMul', [g.input('x', 'float32', [4]), c.floats(4, 6)]), c.floats(6, 3)]),
      {},
    ],
    [
      'Gemm with both transposed',
      1,
      (g, c) => {
        const hidden = g.op('Gemm', [g.input('x', 'float32', [4, 2]), c.floats(6, 4), c.floats(1, 6)], {
          transA: 1,
          transB: 1,
          alpha: 0.5,
        })
        return g.op('Gemm', [c.floats(6, 3), hidden], { transA: 1, transB: 1 })
      },
      {},
    ],
    [
      'a grouped transposed convolution in one dimension',
      3,
      (g, c) => {
        const x = g.op('Conv', [image(g, 3, 6), c.floats(8, 3, 1)])
        const up = g.op('ConvTranspose', [x, c.floats(8, 3, 2), c.floats(6)], { group: 2, strides: attr.ints([2]) })
        return g.op('Conv', [up, c.floats(2, 6, 1)])
      },
      {},
    ],
    [
      'a convolution of volumes',
      1,
      (g, c) => g.op('Conv', [g.op('Conv', [image(g, 2, 3, 3, 3), c.floats(6, 2, 2, 2, 2)]), c.floats(2, 6, 1, 1, 1)]),
      {},
    ],
    [
      'LSTM with initial state and peepholes',
      1,
      (g, c) => {
        const x = g.input('x', 'float32', [5, 1, 3])
        const lstm = g.node(
          'LSTM',
          [
            x,
            c.floats(1, 16, 3),
            c.floats(1, 16, 4),
            c.floats(1, 32),
            undefined,
            c.floats(1, 1, 4),
            c.floats(1, 1, 4),
            c.floats(1, 12),
          ],
          { hidden_size: 4 },
          3,
        )
        const [all, last, cell] = lstm.outputs as [Value, Value, Value]
        const state = g.op('Add', [last, cell])
        return g.op('MatMul', [g.op('Add', [g.op('Squeeze', [all, c.ints(1)]), state]), c.floats(4, 2)])
      },
      {},
    ],
    [
      'GRU, batch first, both directions',
      1,
      (g, c) => {
        const x = g.input('x', 'float32', [1, 5, 3])
        const gru = g.node('GRU', [x, c.floats(2, 12, 3), c.floats(2, 12, 4), c.floats(2, 24)], {
          hidden_size: 4,
          layout: 0,
          direction: 'bidirectional',
          linear_before_reset: 1,
        })
        return g.op('MatMul', [gru.outputs[0], c.floats(4, 2)])
      },
      { opset: 14 },
    ],
    [
      'Attention, two heads of queries for one of keys',
      4,
      (g, c) => {
        const x = g.input('x', 'float32', [1, 5, 6])
        const [q, k, v] = [16, 8, 12].map((width) => g.op('MatMul', [x, c.floats(6, width)]))
        const y = g.op('Attention', [q, k, v], { q_num_heads: 4, kv_num_heads: 2, scale: 0.5 })
        return g.op('MatMul', [y, c.floats(24, 3)])
      },
      { opset: 23, irVersion: 11 },
    ],
    [
      'dynamically quantized matrices',
      1,
      (g, c) => {
        const quantized = (x: Value, inner: number, out: number) => {
          const [q, scale, zero] = g.node('DynamicQuantizeLinear', [x], {}, 3).outputs as [Value, Value, Value]
          const product = g.op('Cast', [g.op('MatMulInteger', [q, c.int8([inner, out]), zero])], { to: 1 })
          return g.op('Mul', [product, g.op('Mul', [scale, c.scales(out)])])
        }
        return quantized(g.op('Relu', [quantized(g.input('x', 'float32', [2, 4]), 4, 8)]), 8, 3)
      },
      {},
    ],
    [
      'dynamically quantized convolutions',
      1,
      (g, c) => {
        const [q, scale, zero] = g.node('DynamicQuantizeLinear', [image(g)], {}, 3).outputs as [Value, Value, Value]
        const sum = g.op('Cast', [g.op('ConvInteger', [q, c.int8([8, 3, 1, 1]), zero])], { to: 1 })
        return g.op('Conv', [g.op('Mul', [sum, scale]), c.floats(2, 8, 1, 1)])
      },
      {},
    ],
    [
      'quantized and dequantized along an axis',
      1,
      (g, c) => {
        const weight = g.op('DequantizeLinear', [c.int8([8, 3, 1, 1]), c.scales(8), c.int8([8], () => 0)], { axis: 0 })
        const next = g.op('DequantizeLinear', [c.int8([2, 8, 1, 1]), c.scales(2), c.int8([2], () => 0)], { axis: 0 })
        const x = g.op('Conv', [image(g), weight])
        const step = [g.constant(Tensor.float32([0.02], [])), c.uint8(120)]
        const rounded = g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, ...step]), ...step])
        return g.op('Conv', [rounded, next])
      },
      {},
    ],
  ])('%s', async (_, groups, build, options) => {
    const cut = await expectPruneIsMask(holder.runtime, fresh(build, { opset: 13, ...options }), half)
    expect(cut).toHaveLength(groups)
  })
})

describe('cutting units that are zero all along changes nothing', () => {
  /** The units whose weights are zero below. */
  const living: Choice = (groups) =>
    new Map(freeGroups(groups).map((group): [ChannelGroup, UnitChange] => [group, { units: Int32Array.of(0, 2, 3) }]))
  const rows = [3, 0, -7, 5]

  test.each<[string, Build]>([
    [
      'QLinearConv',
      (g, c) => {
        const [scale, zero] = [g.constant(Tensor.float32([0.02], [])), c.uint8(100)]
        const weight = g.constant(
          Tensor.fromArray('int8', [4, 3, 1, 1], Int8Array.from(rows.flatMap((row) => [row, -row, 2 * row]))),
        )
        const x = g.op('QuantizeLinear', [image(g), scale, zero])
        const bias = c.int32([4], [10, 0, 20, 30])
        const hidden = g.op('QLinearConv', [
          x,
          scale,
          zero,
          weight,
          c.scales(4),
          c.int8([4], () => 0),
          scale,
          zero,
          bias,
        ])
        const y = g.op('QLinearConv', [
          hidden,
          scale,
          zero,
          c.int8([2, 4, 1, 1]),
          c.scales(2),
          c.int8([2], () => 0),
          scale,
          zero,
        ])
        return g.op('DequantizeLinear', [y, scale, zero])
      },
    ],
    [
      'QLinearMatMul',
      (g, c) => {
        const [scale, zero] = [g.constant(Tensor.float32([0.02], [])), c.uint8(100)]
        const [weightScale, weightZero] = [g.constant(Tensor.float32([0.01], [])), c.int8([], () => 0)]
        const weight = g.constant(
          Tensor.fromArray('int8', [2, 4], Int8Array.from([...rows, ...rows.map((row) => -2 * row)])),
        )
        const x = g.op('QuantizeLinear', [g.input('x', 'float32', [3, 2]), scale, zero])
        const hidden = g.op('QLinearMatMul', [x, scale, zero, weight, weightScale, weightZero, scale, zero])
        const y = g.op('QLinearMatMul', [hidden, scale, zero, c.int8([4, 2]), weightScale, weightZero, scale, zero])
        return g.op('DequantizeLinear', [y, scale, zero])
      },
    ],
  ])('%s', async (_, build) => {
    expect(await expectSameFunction(holder.runtime, fresh(build, { opset: 13 }), living)).toHaveLength(1)
  })
})

function splitByAttribute(sizes: readonly number[] | undefined): Build {
  return (g, c) => {
    const x = g.op('Conv', [image(g), c.floats(8, 3, 1, 1)])
    const parts = g.node('Split', [x], { axis: 1, ...(sizes && { split: attr.ints(sizes) }) }, 2).outputs as [
      Value,
      Value,
    ]
    const [a, b] = sizes ?? [4, 4]
    return g.op('Add', [
      g.op('Conv', [parts[0], c.floats(2, a!, 1, 1)]),
      g.op('Conv', [parts[1], c.floats(2, b!, 1, 1)]),
    ])
  }
}
