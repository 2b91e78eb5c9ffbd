import { Matrix } from 'ml-matrix'
import { afterAll, describe, expect, test } from 'vitest'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import { constantOf } from '../../ir/constant.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { SeededRandom } from '../../runtime/random.js'
import { Runtime } from '../../runtime/session.js'
import { componentEntropy, expressivity, progressivity } from './az-nas.js'
import { macCount, parameterCount } from './counts.js'
import { normalFeeds } from './forward.js'
import { meco, smallestEigenvalue } from './meco.js'
import { logDeterminant, naswot } from './naswot.js'
import { randomised } from './random-net.js'
import type { ArchitectureScore } from './score.js'
import { synflow } from './synflow.js'
import { zenScore } from './zen-score.js'

const runtime = new Runtime()
afterAll(() => runtime.close())

const batch = 4
const sizes = { batch, symbols: new Map<string, number>() }
const setting = { runtime, seed: 5, sizes }

type Build = (g: GraphBuilder, x: Value, dense: (value: Value, from: number, to: number) => Value) => Value

/** x [n, 3] through Gemms whose own weights nobody looks at. */
function net(build: Build): Model {
  const model = buildModel((g) => {
    const dense = (value: Value, from: number, to: number) =>
      g.op('Gemm', [value, g.constant(Tensor.float32(new Array<number>(from * to).fill(1), [from, to]))])
    g.output(build(g, g.input('x', 'float32', ['n', 3]), dense), 'y')
  })
  inferTypes(model)
  return model
}

const twoLayers = (middle: number, activation = 'Relu') =>
  net((g, x, dense) => dense(g.op(activation, [dense(x, 3, middle)]), middle, 2))

/** Weights that a score draws, as matrices [from, to]. */
const weightsOf = (model: Model, options: Omit<Parameters<typeof randomised>[2], 'seed'> = {}) =>
  randomised(model, sizes, { seed: setting.seed, ...options }).layers.map(({ node }) => {
    const { dims, ...rest } = { dims: constantOf(node.inputs[1])!.dims, values: constantOf(node.inputs[1])!.numbers() }
    return Matrix.from1DArray(dims[0]!, dims[1]!, Array.from(rest.values))
  })

const inputOf = (model: Model) => {
  const { model: bound } = randomised(model, sizes, { seed: setting.seed })
  return Matrix.from1DArray(batch, 3, Array.from(normalFeeds(bound, setting.seed).get('x')!.numbers()))
}

const map = (matrix: Matrix, of: (value: number) => number) =>
  Matrix.from1DArray(matrix.rows, matrix.columns, matrix.to1DArray().map(of))

describe('NASWOT', () => {
  test('is the determinant of agreeing codes, by hand', async () => {
    const model = twoLayers(40)
    const before = inputOf(model).mmul(weightsOf(model)[0]!)
    // Normalized by column: positive where above the mean.
    const codes = before
      .subRowVector(before.mean('column'))
      .to2DArray()
      .map((row) => row.map((value) => value > 0))
    const kernel = new Matrix(codes.map((a) => codes.map((b) => a.filter((code, i) => code === b[i]).length)))
    const { determinant } = await import('ml-matrix')
    expect(await naswot.of(model, setting)).toBeCloseTo(Math.log(determinant(kernel)), 6)
  })

  test('adds up over activations', async () => {
    const once = twoLayers(40)
    const twice = net((g, x, dense) => {
      const value = dense(x, 3, 40)
      return dense(g.op('Add', [g.op('Relu', [value]), g.op('Tanh', [value])]), 40, 2)
    })
    // The same value twice is one layer of codes.
    expect(await naswot.of(twice, setting)).toBeCloseTo(await naswot.of(once, setting), 9)
  })

  test('without activations, or with samples that nothing tells apart, is degenerate', async () => {
    expect(
      await naswot.of(
        net((_, x, dense) => dense(dense(x, 3, 8), 8, 2)),
        setting,
      ),
    ).toBe(Number.NEGATIVE_INFINITY)
    const alike = new Matrix([
      [5, 5, 2],
      [5, 5, 2],
      [2, 2, 5],
    ])
    expect(logDeterminant(alike)).toBe(Number.NEGATIVE_INFINITY)
    expect(logDeterminant(Matrix.eye(3).mul(2))).toBeCloseTo(3 * Math.log(2), 12)
  })
})

describe('Zen-score', () => {
  test('is how far normalized features move and what the normalization hid, by hand', async () => {
    const model = twoLayers(6)
    const [first] = weightsOf(model, { deviation: () => 1 })
    const x = inputOf(model)
    const random = new SeededRandom(setting.seed + 1)
    const moved = Matrix.from1DArray(
      batch,
      3,
      x.to1DArray().map((value) => value + 0.01 * random.normal()),
    )
    const deviationsOf = (matrix: Matrix) => matrix.standardDeviation('column', { unbiased: false })
    const features = (input: Matrix) => {
      const before = input.mmul(first!)
      const centred = before.clone().subRowVector(before.mean('column'))
      return map(centred.divRowVector(deviationsOf(before)), (value) => Math.max(0, value))
    }
    const difference = features(x).sub(features(moved))
    const distances = difference.to2DArray().map((row) => Math.hypot(...row))
    const mean = distances.reduce((sum, value) => sum + value, 0) / batch
    const variances = deviationsOf(x.mmul(first!)).map((value) => value ** 2)
    const hidden = Math.sqrt(variances.reduce((sum, value) => sum + value, 0) / variances.length)
    expect(await zenScore.of(model, setting)).toBeCloseTo(Math.log(mean) + Math.log(hidden), 3)
  })

  test('does not see residual paths', async () => {
    const plain = net((g, x, dense) => dense(g.op('Relu', [dense(x, 3, 3)]), 3, 2))
    const residual = net((g, x, dense) => dense(g.op('Add', [x, g.op('Relu', [dense(x, 3, 3)])]), 3, 2))
    expect(await zenScore.of(residual, setting)).toBeCloseTo(await zenScore.of(plain, setting), 9)
  })
})

describe('SynFlow', () => {
  const magnitudes = { deviation: (fanIn: number) => 0.25 / Math.sqrt(fanIn), isPositive: true, isNormalized: false }

  test('is the sum of products of magnitudes, by hand', async () => {
    const model = twoLayers(5)
    const [first, second] = weightsOf(model, magnitudes)
    const flow = Matrix.ones(1, 3).mmul(first!).mmul(second!).sum()
    expect(await synflow.of(model, setting)).toBeCloseTo(Math.log(flow), 5)
  })

  test('is scaled with the weights of a layer, whatever the activation', async () => {
    const [relu, tanh] = [await synflow.of(twoLayers(5), setting), await synflow.of(twoLayers(5, 'Tanh'), setting)]
    expect(tanh).toBe(relu)
    const deeper = net((g, x, dense) =>
      dense(g.op('Mul', [dense(x, 3, 5), g.op('Abs', [g.constant(Tensor.float32([3], []))])]), 5, 2),
    )
    expect(await synflow.of(deeper, setting)).toBeCloseTo(relu + Math.log(3), 5)
  })
})

describe('MeCo', () => {
  const maps = (rows: readonly (readonly number[])[]) =>
    Tensor.float32(rows.flat(), [1, rows.length, 1, rows[0]!.length])
  const eigenvalue = (rows: readonly (readonly number[])[]) => smallestEigenvalue(maps(rows), new SeededRandom(1))

  test.each<[string, number[][], number]>([
    [
      'channels that say the same',
      [
        [1, 2, 4],
        [2, 4, 8],
      ],
      0,
    ],
    [
      'opposite channels',
      [
        [1, 2, 4],
        [-1, -2, -4],
      ],
      0,
    ],
    [
      'uncorrelated ones',
      [
        [1, -1, 1, -1],
        [1, 1, -1, -1],
      ],
      1,
    ],
    [
      'a correlation of one half: 1 - 1/2',
      [
        [1, -1, 0],
        [1, 0, -1],
      ],
      0.5,
    ],
    [
      'a constant one correlates with nothing, not even itself',
      [
        [1, -1, 0],
        [2, 2, 2],
      ],
      0,
    ],
  ])('%s', (_, rows, expected) => {
    expect(eigenvalue(rows)).toBeCloseTo(expected, 6)
  })

  test('does not see scale and shift of channels', () => {
    const random = new SeededRandom(2)
    const rows = Array.from({ length: 5 }, () => Array.from({ length: 30 }, () => random.normal()))
    const moved = rows.map((row, i) => row.map((value) => (i + 1) * value - 4 * i))
    expect(eigenvalue(moved)).toBeCloseTo(eigenvalue(rows), 5)
  })

  test('counts a layer by its channels', () => {
    // 16 rows of a Hadamard matrix without the constant one: any 8 of them are uncorrelated.
    const sign = (i: number, j: number) => ((i & j).toString(2).split('1').length % 2 === 1 ? 1 : -1)
    const rows = Array.from({ length: 15 }, (_, i) => Array.from({ length: 16 }, (__, j) => sign(i + 1, j)))
    expect(eigenvalue(rows)).toBeCloseTo(15 / 8, 6)
  })
})

describe('AZ-NAS', () => {
  const entropyOf = (rows: readonly (readonly number[])[]) =>
    componentEntropy(Tensor.float32(rows.flat(), [rows.length, rows[0]!.length]))

  test.each<[string, number[][], number]>([
    [
      'two components alike',
      [
        [1, 1],
        [1, -1],
        [-1, 1],
        [-1, -1],
      ],
      Math.log(2),
    ],
    [
      'one component',
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
      0,
    ],
    [
      'nothing but means',
      [
        [5, 7],
        [5, 7],
      ],
      0,
    ],
    [
      'three quarters and one',
      [
        [Math.sqrt(3), 1],
        [Math.sqrt(3), -1],
        [-Math.sqrt(3), 1],
        [-Math.sqrt(3), -1],
      ],
      Math.log(4) - 0.75 * Math.log(3),
    ],
  ])('entropy: %s', (_, rows, expected) => {
    expect(entropyOf(rows)).toBeCloseTo(expected, 6)
  })

  test('adds up blocks, and takes the least growth from one to the next', async () => {
    const model = net((g, x, dense) => {
      const first = dense(g.op('Relu', [dense(x, 3, 24)]), 24, 12)
      return dense(dense(g.op('Relu', [dense(first, 12, 24)]), 24, 2), 2, 2)
    })
    // Two blocks: of 12 channels (3 dimensions within 4 samples) and of 2.
    const [sum, growth] = [await expressivity.of(model, setting), await progressivity.of(model, setting)]
    const [first, second] = [(sum - growth) / 2, (sum + growth) / 2]
    expect(first).toBeGreaterThan(second)
    expect(first).toBeLessThanOrEqual(Math.log(3))
    expect(second).toBeGreaterThan(0)
    expect(second).toBeLessThanOrEqual(Math.log(2))
  })
})

const convolutional = (channels: number) => {
  const model = buildModel((g) => {
    const weight = (dims: number[]) =>
      g.constant(Tensor.float32(new Array<number>(dims.reduce((a, b) => a * b)).fill(1), dims))
    const stem = g.op('Conv', [g.input('x', 'float32', ['n', 3, 8, 8]), weight([channels, 3, 3, 3])])
    const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.op('Relu', [stem])])])
    g.output(g.op('Gemm', [pooled, weight([channels, 2])]), 'y')
  })
  inferTypes(model)
  return model
}

test('counts of parameters and of products of one sample', async () => {
  const model = convolutional(16)
  expect(await parameterCount.of(model, setting)).toBe(16 * 27 + 32)
  expect(await macCount.of(model, setting)).toBe(36 * 16 * 27 + 32)
})

test.each<[string, ArchitectureScore]>([
  ['NASWOT', naswot],
  ['Zen-score', zenScore],
  ['SynFlow', synflow],
  ['MeCo', meco],
  ['expressivity', expressivity],
])('%s is the same for the same seed, and larger for a net eight times as wide', async (_, score) => {
  const narrow = await score.of(convolutional(8), setting)
  expect(Number.isFinite(narrow)).toBe(true)
  expect(await score.of(convolutional(8), setting)).toBe(narrow)
  expect(await score.of(convolutional(8), { ...setting, seed: 6 })).not.toBe(narrow)
  expect(await score.of(convolutional(64), setting)).toBeGreaterThan(narrow)
})
