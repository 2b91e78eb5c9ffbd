import { describe, expect, test } from 'vitest'
import { describeWithShared } from '../../../test/shared-assets.js'
import { readModel } from '../../import/read-model.js'
import { buildModel } from '../../ir/build.js'
import { inferTypes } from '../../ir/infer.js'
import { Tensor } from '../../ir/tensor.js'
import { cleanUp } from '../clean-up.js'
import { sizedModels, smallerImages } from './image-sizes.js'

/** Images through strided convolutions and global pooling, added up where there are several; sizes are [height, width]. */
function net(strides: readonly number[], ...sizes: readonly (readonly [number, number] | readonly [string, string])[]) {
  const model = buildModel((g) => {
    const pooled = sizes.map((size, i) => {
      let value = g.input(`image${i}`, 'float32', [1, 3, ...size])
      for (const stride of strides) {
        const weights = g.constant(Tensor.float32(new Array(81).fill(0.1), [3, 3, 3, 3]))
        value = g.op('Conv', [value, weights], { strides: [stride, stride], pads: [1, 1, 1, 1] })
      }
      return g.op('GlobalAveragePool', [value])
    })
    g.output(
      pooled.reduce((sum, value) => g.op('Add', [sum, value])),
      'y',
    )
  })
  inferTypes(model)
  return model
}

const sizesOf = (model: ReturnType<typeof net>) =>
  model.graph.inputs.flatMap((input) => smallerImages(model, input)).map(({ height, width }) => [height, width])

describe('smaller images', () => {
  test.each([
    [
      [2, 2],
      [32, 32],
      [
        [28, 28],
        [24, 24],
        [20, 20],
        [16, 16],
      ],
    ],
    // 64 to 48 as 4 to 3: only steps of both that are multiples of the stride.
    [[2, 2, 2], [64, 48], [[32, 24]]],
    [
      [2, 2],
      [33, 33],
      [
        [32, 32],
        [31, 31],
        [30, 30],
        [29, 29],
        [28, 28],
        [27, 27],
        [26, 26],
        [25, 25],
        [24, 24],
        [23, 23],
        [22, 22],
        [21, 21],
        [20, 20],
        [19, 19],
        [18, 18],
        [17, 17],
      ],
    ],
    [[2], ['h', 'w'], []],
  ] as const)('strides %j of %j: %j', (strides, size, expected) => {
    expect(sizesOf(net(strides, size))).toEqual(expected)
  })

  test('of a model at each of them, outputs as they were', () => {
    const { sized, declined } = sizedModels(net([2, 2], [32, 32]))
    expect(declined).toEqual([])
    expect(sized.map(({ decision: { height }, model }) => [height, model.graph.inputs[0]!.type])).toEqual(
      [28, 24, 20, 16].map((size) => [size, expect.objectContaining({ dims: [1, 3, size, size] })]),
    )
  })

  test('of many sizes at even distances, the smallest among them', () => {
    const { sized } = sizedModels(net([1], [101, 101]))
    const heights = sized.map(({ decision }) => decision.height)
    expect([heights.length, heights.at(-1)]).toEqual([16, 51])
    const steps = heights.slice(1).map((height, i) => heights[i]! - height)
    expect(Math.max(...steps) - Math.min(...steps)).toBeLessThanOrEqual(1)
  })

  test('several images are not changed one without the other', () => {
    const { sized, declined } = sizedModels(net([2, 2], [32, 32], [32, 32]))
    expect(sized).toEqual([])
    expect(new Set(declined.map(({ why }) => why.reason))).toEqual(new Set(['several-images']))
  })

  describeWithShared('of public models', ({ file }) => {
    test.each([
      ['models', 'mobilenetv2_1.0_224', [192, 160, 128], []],
      ['trained', 'camvid_seg', [], ['output-follows-image']],
      ['models', 'yunet_120x160', [], ['output-follows-image']],
      ['models', 'fastestdet', [], ['output-follows-image']],
    ] as const)('%s/%s', async (folder, name, heights, reasons) => {
      const model = await readModel(file(folder, `${name}.onnx`))
      await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
      const { sized, declined } = sizedModels(model)
      expect(sized.map(({ decision }) => decision.height)).toEqual(heights)
      expect([...new Set(declined.map(({ why }) => why.reason))]).toEqual(reasons)
    })
  })
})
