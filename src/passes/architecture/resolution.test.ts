import { describe, expect, test } from 'vitest'
import { firstRun, run } from '../../../test/architecture/run-model.js'
import { cleanUp } from '../../../test/passes/clean-up.js'
import { useRuntime } from '../../../test/passes/equivalence.js'
import { describeWithShared } from '../../../test/shared-assets.js'
import { readModel } from '../../import/read-model.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import { isStatic } from '../../ir/dim.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor, volume } from '../../ir/tensor.js'
import { modelText } from '../../ir/text.js'
import { dimsOf } from '../../ir/type.js'
import { verifyGraph } from '../../ir/verify.js'
import { compareTensors, roundingTolerance } from '../../runtime/compare.js'
import { SeededRandom } from '../../runtime/random.js'
import { Correspondence } from './correspondence.js'
import { isDeclined } from './declined.js'
import { applyResolution, resolutionBlockers } from './resolution.js'

const holder = useRuntime()

/** Builds a net for images of a size, with sizes spelt out; the same weights whatever the size. */
type Net = (g: GraphBuilder, x: Value, size: readonly [number, number], weights: Weights) => Value
type Weights = (dims: readonly number[]) => Value

const netOf = (net: Net, size: readonly [number, number]): Model =>
  buildModel((g) => {
    const random = new SeededRandom(4)
    const weights: Weights = (dims) => {
      const numbers = Array.from({ length: volume(dims) }, () => random.uniform() * 2 - 1)
      return g.constant(Tensor.float32(numbers, dims))
    }
    g.output(net(g, g.input('image', 'float32', ['n', 3, ...size]), size, weights), 'y')
  })

const i64 = (g: GraphBuilder, ...values: number[]) => g.constant(Tensor.int64(values))
const halved = (g: GraphBuilder, x: Value, weight: Value) =>
  g.op('Relu', [g.op('Conv', [x, weight], { strides: [2, 2], pads: [1, 1, 1, 1] })])

const nets: Readonly<Record<string, Net>> = {
  'a classifier with global pooling': (g, x, _, w) =>
    g.op('Gemm', [g.op('Flatten', [g.op('GlobalAveragePool', [halved(g, x, w([4, 3, 3, 3]))])]), w([4, 5])]),
  'a pooling whose window is the whole image': (g, x, [h, v], w) =>
    g.op('Conv', [
      g.op('AveragePool', [halved(g, x, w([4, 3, 3, 3]))], { kernel_shape: [h / 2, v / 2] }),
      w([2, 4, 1, 1]),
    ]),
  'a flattened image that is put back': (g, x, [h, v], w) => {
    const features = halved(g, x, w([4, 3, 3, 3]))
    const flat = g.op('Reshape', [features, i64(g, 0, 4, (h / 2) * (v / 2))])
    const rows = g.op('Softmax', [g.op('Transpose', [flat], { perm: [0, 2, 1] })], { axis: 2 })
    const image = g.op('Reshape', [g.op('Transpose', [rows], { perm: [0, 2, 1] }), i64(g, -1, 4, h / 2, v / 2)])
    return g.op('Add', [image, features])
  },
  'a channel shuffle': (g, x, [h, v], w) => {
    const features = halved(g, x, w([4, 3, 3, 3]))
    const split = g.op('Reshape', [features, i64(g, -1, 2, 2, h / 2, v / 2)])
    return g.op('Reshape', [g.op('Transpose', [split], { perm: [0, 2, 1, 3, 4] }), i64(g, -1, 4, h / 2, v / 2)])
  },
  'resized to a skip connection': (g, x, [h, v], w) => {
    const half = halved(g, x, w([4, 3, 3, 3]))
    const quarter = halved(g, half, w([4, 4, 3, 3]))
    const sizes = g.constant(
      Tensor.float32([1, 1, Math.ceil(h / 2) / Math.ceil(h / 4), Math.ceil(v / 2) / Math.ceil(v / 4)]),
    )
    const back = g.op('Resize', [quarter, undefined, sizes], { mode: 'linear' })
    return g.op('Concat', [back, half], { axis: 1 })
  },
  'resized to the image': (g, x, [h, v], w) => {
    const features = halved(g, halved(g, x, w([4, 3, 3, 3])), w([2, 4, 3, 3]))
    const whole = g.op('Concat', [i64(g, 1, 2), i64(g, h, v)], { axis: 0 })
    return g.op('Resize', [features, undefined, undefined, whole], { mode: 'nearest' })
  },
  'a pooled branch that is spread again': (g, x, [h, v], w) => {
    const features = halved(g, x, w([4, 3, 3, 3]))
    const pooled = g.op('GlobalAveragePool', [features])
    const spread = g.op('Resize', [pooled, undefined, undefined, i64(g, 1, 4, h / 2, v / 2)], { mode: 'linear' })
    return g.op('Concat', [spread, features], { axis: 1 })
  },
  'every second row and column': (g, x, _, w) => {
    const part = (from: number) =>
      g.op('Slice', [x, i64(g, from, from), i64(g, 2 ** 31, 2 ** 31), i64(g, 2, 3), i64(g, 2, 2)])
    return halved(g, g.op('Concat', [part(0), part(1)], { axis: 1 }), w([4, 6, 3, 3]))
  },
  'space to depth and back': (g, x, _, w) => {
    const deep = g.op('SpaceToDepth', [x], { blocksize: 2 })
    return g.op('DepthToSpace', [g.op('Conv', [deep, w([4, 12, 1, 1])])], { blocksize: 2 })
  },
  'predictions of all scales in one list': (g, x, [h, v], w) => {
    const half = halved(g, x, w([4, 3, 3, 3]))
    const quarter = halved(g, half, w([4, 4, 3, 3]))
    const list = (map: Value, cells: number) =>
      g.op('Reshape', [g.op('Transpose', [map], { perm: [0, 2, 3, 1] }), i64(g, -1, cells * 2, 2)])
    return g.op('Concat', [list(half, (h / 2) * (v / 2)), list(quarter, (h / 4) * (v / 4))], { axis: 1 })
  },
  'a 1x1 convolution where the image has shrunk to one position': (g, x, _, w) => {
    const features = g.op('Conv', [x, w([4, 3, 3, 3])], { strides: [16, 16], pads: [1, 1, 1, 1] })
    const small = g.op('Conv', [features, w([4, 4, 1, 1])], { strides: [2, 2] })
    return g.op('Conv', [small, w([2, 4, 1, 1])])
  },
  'channels last outside': (g, x, _, w) => {
    const turned = g.op('Transpose', [g.op('Transpose', [x], { perm: [0, 2, 3, 1] })], { perm: [0, 3, 1, 2] })
    return g.op('Transpose', [halved(g, turned, w([4, 3, 3, 3]))], { perm: [0, 2, 3, 1] })
  },
  'padded by a node of its own': (g, x, _, w) => {
    const padded = g.op('Pad', [x, i64(g, 0, 0, 1, 2, 0, 0, 1, 0)])
    return g.op('MaxPool', [g.op('Conv', [padded, w([2, 3, 3, 3])])], { kernel_shape: [2, 2], strides: [2, 2] })
  },
}

const decide = (model: Model, height: number, width: number, correspondence = new Correspondence()) =>
  applyResolution(model, { kind: 'resolution', input: 'image', height, width }, correspondence)

describe('a net made for one size and given another is the net made for the other', () => {
  test.each(Object.entries(nets))('%s', async (_, net) => {
    const sizes: readonly (readonly [number, number])[] = [
      [16, 24],
      [48, 32],
    ]
    for (const size of sizes) {
      const [changed, made] = [netOf(net, [32, 32]), netOf(net, size)]
      // Rounds: its passes may reassociate.
      await cleanUp(changed)
      const result = decide(changed, size[0], size[1])
      if (isDeclined(result)) throw new Error(`${result.reason} at ${result.place}`)
      expect(verifyGraph(changed)).toEqual([])
      inferTypes(made)
      const { feeds, results } = await firstRun(holder.runtime, made)
      const actual = await run(holder.runtime, changed, feeds)
      const { agrees, reason } = compareTensors('y', results.get('y')!, actual.get('y'), roundingTolerance)
      expect(agrees, reason).toBe(true)
      expect(actual.get('y')!.dims.slice(1)).toEqual(dimsOf(changed.graph.outputs[0]!.claim)!.slice(1))
    }
  })

  test('odd sizes too, where a skip connection tells them', async () => {
    const model = netOf(nets['resized to a skip connection']!, [32, 32])
    expect(isDeclined(decide(model, 27, 45))).toBe(false)
    const { results } = await firstRun(holder.runtime, model)
    expect(results.get('y')!.dims.slice(1)).toEqual([8, 14, 23])
  })
})

describe('what is in the way', () => {
  const blocked: readonly (readonly [string, string, Net])[] = [
    [
      'weights-by-position',
      'Gemm',
      (g, x, [h, v], w) => g.op('Gemm', [g.op('Flatten', [halved(g, x, w([2, 3, 3, 3]))]), w([(h * v) / 2, 4])]),
    ],
    [
      'weights-by-position',
      'Conv',
      (g, x, [h, v], w) => g.op('Conv', [halved(g, x, w([4, 3, 3, 3])), w([4, 1, h / 2, v / 2])], { group: 4 }),
    ],
    [
      'table-by-position',
      'Add',
      (g, x, [h, v], w) => g.op('Conv', [g.op('Add', [x, w([1, 3, h, v])]), w([2, 3, 1, 1])]),
    ],
    [
      'parts-of-fixed-size',
      'image',
      (g, x, _, w) => g.op('Conv', [g.op('Slice', [x, i64(g, 4), i64(g, 20), i64(g, 2)]), w([2, 3, 3, 3])]),
    ],
    [
      'fixed-positions',
      'Gather',
      (g, x, _, w) => g.op('Conv', [g.op('Gather', [x, i64(g, 0, 5, 9)], { axis: 3 }), w([2, 3, 1, 1])]),
    ],
    [
      'fixed-size',
      'Resize',
      (g, x, _, w) =>
        g.op('Resize', [halved(g, x, w([2, 3, 3, 3])), undefined, undefined, i64(g, 1, 2, 11, 11)], {
          mode: 'nearest',
        }),
    ],
  ]

  test.each(blocked)('%s: %s', (reason, place, net) => {
    const model = netOf(net, [32, 32])
    inferTypes(model)
    const before = modelText(model)
    const result = decide(model, 48, 48)
    expect(isDeclined(result)).toBe(true)
    expect(result).toMatchObject({ reason, place: expect.stringContaining(place) })
    expect(modelText(model).replaceAll(/\?\d+/g, '?')).toBe(before.replaceAll(/\?\d+/g, '?'))
    expect(resolutionBlockers(model, 'image', 48, 48)).toMatchObject([{ reason }])
  })

  test('sizes that strides do not divide, with those that they do', () => {
    const net: Net = (g, x, _, w) => {
      const features = halved(g, halved(g, x, w([4, 3, 3, 3])), w([4, 4, 3, 3]))
      const back = g.op('ConvTranspose', [features, w([4, 3, 4, 4])], { strides: [4, 4] })
      return g.op('Add', [back, x])
    }
    const model = netOf(net, [32, 32])
    expect(decide(model, 30, 32)).toMatchObject({
      reason: 'sizes-disagree',
      remedy: 'give a height and width that are multiples of 4 and 4',
    })
    expect(isDeclined(decide(model, 36, 28))).toBe(false)
  })

  test('an operator nobody knows', () => {
    const model = buildModel(
      (g) => {
        const x = g.input('image', 'float32', [1, 3, 32, 32])
        const strange = g.node('Strange', [x], {}, 1, 'some.domain').outputs[0]!
        g.output(g.op('Relu', [strange]), 'y')
      },
      { domains: { 'some.domain': 1 } },
    )
    expect(decide(model, 64, 64)).toMatchObject({ reason: 'unknown-operator' })
  })

  test('inputs and sizes that are none', () => {
    const model = buildModel((g) => g.output(g.op('Relu', [g.input('row', 'float32', [1, 8])]), 'y'))
    const image = netOf(nets['a channel shuffle']!, [32, 32])
    expect(resolutionBlockers(model, 'row', 4, 4)).toMatchObject([{ reason: 'no-image' }])
    expect(resolutionBlockers(model, 'nowhere')).toMatchObject([
      { reason: 'unknown-input', remedy: 'name an input of the model: row' },
    ])
    expect(decide(image, 0, 32)).toMatchObject({ reason: 'no-size' })
    expect(decide(image, 32.5, 32)).toMatchObject({ reason: 'no-size' })
  })
})

test('values of other sizes stand for nothing, the others for what they were', async () => {
  const model = netOf(nets['a classifier with global pooling']!, [32, 32])
  const correspondence = new Correspondence()
  const result = decide(model, 48, 40, correspondence)
  expect(result).toMatchObject({ kind: 'lossy', fitted: [] })
  const values = [...model.graph.nodes()].map(({ opType, outputs: [value] }) => [
    opType,
    correspondence.of(value!) !== undefined,
  ])
  expect(Object.fromEntries(values)).toEqual({
    Conv: false,
    Relu: false,
    GlobalAveragePool: true,
    Flatten: true,
    Gemm: true,
  })
})

/** Whether nothing is in the way of twice the size, and of three quarters. */
const allowed: Readonly<Record<string, readonly [twice: boolean, less: boolean]>> = {
  'models/mobilenetv2_1.0_224.onnx': [true, true],
  'models/mobilenetv1_0.25_128.onnx': [true, true],
  'models/deeplabv3_mnv2_dm05.onnx': [true, true],
  'models/fastestdet.onnx': [true, true],
  'models/yolox_nano.onnx': [true, true],
  'models/super_resolution.onnx': [true, true],
  'models/tbefn_240x320.onnx': [true, true],
  'models/sci_180x320.onnx': [true, true],
  'models/zero_dce_functions.onnx': [true, true],
  'models/ultraface_rfb_320.onnx': [false, false],
  'models/mobilefacenet.onnx': [false, false],
  'models/pfld_landmarks.onnx': [false, false],
  'models/mnist_cntk.onnx': [false, false],
  'trained/cifar_ibn.onnx': [true, true],
  'trained/cifar_dw.onnx': [true, true],
  'trained/camvid_seg.onnx': [true, true],
  'trained/person_det.onnx': [true, true],
}

describeWithShared('resolutions of real models', (assets) => {
  test.each(Object.entries(allowed))(
    '%s',
    async (file, expected) => {
      for (const [i, factor] of [2, 0.75].entries()) {
        const model = await readModel(assets.file(...file.split('/')))
        await cleanUp(model)
        const input = model.graph.inputs[0]!
        const image = (dimsOf(input.type)!.filter(isStatic) as number[]).filter((size) => size > 4)
        const [height, width] = image.map((size) => (factor === 2 ? size * 2 : Math.round((size * factor) / 32) * 32))
        const decision = { kind: 'resolution', input: input.name, height: height!, width: width! } as const
        const result = applyResolution(model, decision, new Correspondence())
        expect(!isDeclined(result), isDeclined(result) ? `${result.reason} at ${result.place}` : '').toBe(expected[i])
        if (isDeclined(result)) continue
        expect(verifyGraph(model)).toEqual([])
        const { results } = await firstRun(holder.runtime, model)
        for (const output of model.graph.outputs) {
          const claimed = dimsOf(output.claim)!
          const found = results.get(output.name)!.dims
          expect(claimed.map((dim, axis) => (isStatic(dim) ? dim : found[axis]))).toEqual(found)
        }
      }
    },
    60_000,
  )
})
