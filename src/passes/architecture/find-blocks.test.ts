import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from 'vitest'
import {
  type ActivationForm,
  activate,
  type BottleneckOptions,
  bottleneck,
  bottleneckModel,
} from '../../../test/architecture/bottleneck.js'
import { describeWithShared } from '../../../test/shared-assets.js'
import { modelFromBytes } from '../../import/read-model.js'
import { buildModel, type GraphBuilder } from '../../ir/build.js'
import { Tensor } from '../../ir/tensor.js'
import type { Block } from './block.js'
import { blockOf, findBlocks } from './find-blocks.js'

const small: BottleneckOptions = { in: 4, middle: 12, out: 4 }

/** Operators of a block's parts. */
const parts = (block: Block | undefined) =>
  block && {
    kind: block.kind,
    expandActivation: block.expandActivation.map(({ opType }) => opType),
    depthwiseActivation: block.depthwiseActivation.map(({ opType }) => opType),
    squeezeExcite: block.squeezeExcite.map(({ opType }) => opType),
    residual: block.residual?.opType,
  }

const activations: [ActivationForm, string[]][] = [
  ['none', []],
  ['Relu', ['Relu']],
  ['Relu6', ['Clip']],
  ['HardSwish', ['HardSwish']],
  ['HardSwish written out', ['Add', 'Clip', 'Mul', 'Div']],
  ['Silu', ['Swish']],
  ['Silu written out', ['Sigmoid', 'Mul']],
  ['PRelu', ['PRelu']],
]

describe('an inverted bottleneck', () => {
  test.each(activations)('with activation %s', (activation, types) => {
    for (const batchNormalization of [false, true]) {
      const [block, ...rest] = findBlocks(bottleneckModel({ ...small, activation, batchNormalization, residual: true }))
      expect(rest).toEqual([])
      expect(parts(block)).toEqual({
        kind: 'inverted-bottleneck',
        expandActivation: types,
        depthwiseActivation: types,
        squeezeExcite: [],
        residual: 'Add',
      })
      expect(block!.expand!.affines).toHaveLength(batchNormalization ? 1 : 0)
      expect(block!.depthwise.affines).toHaveLength(batchNormalization ? 1 : 0)
    }
  })

  test.each(['before activation', 'after activation'] as const)('with squeeze-and-excitation %s', (squeezeExcite) => {
    for (const activation of ['Relu', 'HardSwish written out'] as const) {
      const [block] = findBlocks(bottleneckModel({ ...small, activation, squeezeExcite }))
      expect(block!.kind).toBe('inverted-bottleneck')
      expect(block!.squeezeExcite.map(({ opType }) => opType)).toEqual([
        'GlobalAveragePool',
        'Conv',
        'Relu',
        'Conv',
        'HardSigmoid',
        'Mul',
      ])
      expect(block!.depthwiseActivation).toHaveLength(activation === 'Relu' ? 1 : 4)
    }
  })

  test('has its sizes, name and input', () => {
    const model = bottleneckModel({ in: 4, middle: 8, out: 6, kernel: 5, stride: 2, dilation: 2, pad: 4, size: 16 })
    const [block] = findBlocks(model)
    expect(block!.sizes).toEqual({ in: 4, middle: 8, out: 6, kernel: [5, 5], strides: [2, 2], dilations: [2, 2] })
    expect([block!.name, block!.input.name, block!.output.name]).toEqual(['Conv', 'x', 'y'])
    expect(block!.signature).toBe('ibn 5x5 stride 2 dilation 2 Clip(0,6) growing@1')
  })

  test('does not depend on the order in which a sum or product is written', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', 4, 'h', 'w'])
      const y = bottleneck(g, x, { ...small, activation: 'Silu written out' })
      g.output(g.op('Add', [x, y]), 'y')
    })
    expect(findBlocks(model)[0]!.residual?.opType).toBe('Add')
  })
})

describe('what is no inverted bottleneck', () => {
  const chain = (g: GraphBuilder, widths: readonly number[]) => {
    let value = g.input('x', 'float32', [1, widths[0]!, 9, 9])
    for (const [i, width] of widths.slice(1).entries()) {
      const options = { in: widths[i]!, middle: widths[i]!, out: width, expand: false, activation: 'Relu' } as const
      value = activate(g, bottleneck(g, value, options), 'Relu', width)
    }
    g.output(value, 'y')
  }

  test('a chain of separable pairs, growing or not', () => {
    const blocks = findBlocks(buildModel((g) => chain(g, [4, 8, 8, 16])))
    expect(blocks.map(({ kind, index }) => [kind, index])).toEqual([
      ['separable', undefined],
      ['separable', undefined],
      ['separable', undefined],
    ])
  })

  test('a depthwise convolution by itself', () => {
    const blocks = findBlocks(bottleneckModel({ ...small, in: 12, out: 12, expand: false, project: false }))
    expect(blocks.map(({ kind }) => kind)).toEqual(['depthwise'])
  })

  test('a 1x1 and a depthwise convolution with a residual sum between them', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 8, 9, 9])
      const w = (dims: number[]) => g.constant(Tensor.float32(new Array(dims.reduce((a, b) => a * b)).fill(1), dims))
      const sum = g.op('Add', [g.op('Conv', [x, w([8, 8, 1, 1])]), x])
      const depthwise = g.op('Conv', [g.op('Relu', [sum]), w([8, 1, 3, 3])], { group: 8 })
      g.output(g.op('Conv', [depthwise, w([4, 8, 1, 1])]), 'y')
    })
    expect(findBlocks(model).map(({ kind }) => kind)).toEqual(['separable'])
  })

  test('a pooling that is not over the whole image is no gate', () => {
    const model = buildModel((g) => {
      const x = g.input('x', 'float32', [1, 4, 9, 9])
      const y = bottleneck(g, x, { ...small, project: false, activation: 'none' })
      const pooled = g.op('MaxPool', [y], { kernel_shape: [3, 3], strides: [2, 2] })
      const w = g.constant(Tensor.float32(new Array(48).fill(1), [4, 12, 1, 1]))
      g.output(g.op('Conv', [pooled, w]), 'y')
    })
    expect(findBlocks(model).map(({ kind }) => kind)).toEqual(['depthwise'])
  })
})

test('blocks are found by index, by the name of their first node, or of any other', () => {
  const model = buildModel((g) => {
    const x = g.input('x', 'float32', [1, 12, 9, 9])
    const first = bottleneck(g, x, { in: 12, middle: 12, out: 4, expand: false })
    g.output(bottleneck(g, bottleneck(g, first, small), small), 'y')
  })
  const blocks = findBlocks(model)
  expect(blocks.map(({ kind }) => kind)).toEqual(['separable', 'inverted-bottleneck', 'inverted-bottleneck'])
  expect(blockOf(blocks, 1)).toBe(blocks[2])
  expect(blockOf(blocks, 2)).toBeUndefined()
  expect(blockOf(blocks, blocks[0]!.name)).toBe(blocks[0])
  expect(blockOf(blocks, blocks[2]!.project!.convolution.outputs[0]!.name)).toBe(blocks[2])
  expect(blockOf(blocks, 'nothing of that name')).toBeUndefined()
  expect(blocks.map(({ signature }) => signature)).toEqual([
    'separable 3x3 Clip(0,6) shrinking@1',
    'ibn 3x3 Clip(0,6) level@1',
    'ibn 3x3 Clip(0,6) level@2',
  ])
})

/** Inverted bottlenecks, separable pairs, lone depthwise convolutions. */
const counts: Readonly<Record<string, readonly [number, number, number]>> = {
  'models/mobilenetv2_1.0_224.onnx': [16, 1, 0],
  'models/mobilenetv1_0.25_128.onnx': [0, 13, 0],
  'models/mobilenetv1_0.25_128_fp16.onnx': [0, 13, 0],
  'models/deeplabv3_mnv2_dm05.onnx': [16, 1, 0],
  'models/mobilefacenet.onnx': [16, 1, 0],
  'models/pfld_landmarks.onnx': [12, 2, 0],
  'models/ppocr_cls.onnx': [11, 0, 0],
  'models/ppocr_rec_en.onnx': [11, 0, 0],
  'models/ppocrv3_det.onnx': [15, 0, 0],
  'models/yolox_nano.onnx': [0, 30, 0],
  'models/super_resolution.onnx': [0, 0, 0],
  'trained/cifar_ibn.onnx': [8, 0, 0],
  'trained/cifar_dw.onnx': [0, 7, 0],
  'trained/camvid_seg.onnx': [8, 3, 0],
  'trained/person_det.onnx': [9, 1, 0],
  'trained/shapes/shapes_ibn.onnx': [7, 0, 0],
}

describeWithShared('blocks of real models', (assets) => {
  const blocksIn = (file: string) => findBlocks(modelFromBytes(readFileSync(assets.file(...file.split('/')))))
  const count = (blocks: readonly Block[]) =>
    (['inverted-bottleneck', 'separable', 'depthwise'] as const).map(
      (kind) => blocks.filter((block) => block.kind === kind).length,
    )

  it.each(Object.entries(counts))('%s', (file, expected) => expect(count(blocksIn(file))).toEqual(expected))

  it.each([
    'trained/cifar_ibn',
    'trained/cifar_dw',
    'trained/camvid_seg',
    'trained/person_det',
    'trained/shapes/shapes_ibn',
  ])('%s has the same blocks with its BatchNormalizations folded and not', (name) => {
    const facts = (blocks: readonly Block[]) => blocks.map(({ kind, signature, sizes }) => ({ kind, signature, sizes }))
    expect(facts(blocksIn(`${name}.raw.onnx`))).toEqual(facts(blocksIn(`${name}.onnx`)))
  })

  it('MobileNetV3 has gates in its blocks', () => {
    expect(blocksIn('models/ppocr_cls.onnx').filter(({ squeezeExcite }) => squeezeExcite.length > 0)).toHaveLength(9)
  })
})
