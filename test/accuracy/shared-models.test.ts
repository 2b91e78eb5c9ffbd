import { expect, test } from 'vitest'
import { detect } from '../../src/accuracy/detectors/index.js'
import { intersectionOverUnion } from '../../src/accuracy/detectors/overlap.js'
import { evaluate } from '../../src/accuracy/evaluate.js'
import type { Box } from '../../src/accuracy/geometry.js'
import type { Preprocess } from '../../src/accuracy/input/preprocess.js'
import { metricsFor } from '../../src/accuracy/metrics/index.js'
import { modelOutputs } from '../../src/accuracy/model-outputs.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import { overlap } from '../../src/accuracy/overlap.js'
import { readModel } from '../../src/import/read-model.js'
import { describeWithShared } from '../shared-assets.js'

describeWithShared('public nets on real data', ({ file }) => {
  const open = async (net: string, data: string, more: { labels?: string; preprocess?: Partial<Preprocess> } = {}) => {
    const path = file(net)
    const model = await readModel(path)
    const set = await openDataSet({
      data: file(data),
      labels: more.labels === undefined ? undefined : file(more.labels),
      model,
      preprocess: { preprocessVersion: 1, ...more.preprocess },
    })
    return { source: { path }, model, data: set }
  }

  const squashed = (scaling: 'none' | 'unit'): Partial<Preprocess> => ({ scaling, channels: 'bgr', fit: 'squash' })
  const cifar = { labels: 'data/cifar10/test_labels.npy' }
  const camvid = { labels: 'data/camvid/test_labels.npy.gz' }
  const person = { labels: 'data/person/test_boxes.json' }

  // Figures of the nets' own README, computed by others with other code.
  test.each<[string, string, Parameters<typeof open>[2], Record<string, number>]>([
    ['trained/cifar_ibn.onnx', 'data/cifar10/test_images.npy.gz', cifar, { 'top-1': 0.841 }],
    ['trained/cifar_dw.onnx', 'data/cifar10/test_images.npy.gz', cifar, { 'top-1': 0.7925 }],
    [
      'trained/camvid_seg.onnx',
      'data/camvid/test_images.npy.gz',
      camvid,
      { miou: 0.44264216621766617, 'pixel-accuracy': 0.8032793794917955 },
    ],
    ['trained/person_det.onnx', 'data/person/test_images.npy.gz', person, { 'ap-50': 0.7900952737389586 }],
    [
      'trained/shapes/shapes_ibn.onnx',
      'trained/shapes/test',
      { preprocess: { scaling: 'tensorflow' } },
      { 'top-1': 566 / 600 },
    ],
    [
      'models/mobilenetv2_1.0_224.onnx',
      'data/imagenet/test',
      { preprocess: { scaling: 'tensorflow' } },
      { 'top-1': 0.8275, 'top-5': 0.94 },
    ],
  ])('%s', async (net, data, more, expected) => {
    const { source, model, data: set } = await open(net, data, more)
    const scores = await evaluate(source, model, set, { metrics: metricsFor(set.labels) })
    for (const [id, value] of Object.entries(expected))
      expect(scores.find(({ metric }) => metric.id === id)?.value).toBeCloseTo(value, 9)
  })

  // No figures are known; a decoder that is off finds nobody (0.0 with centres taken for corners, say).
  test.each([
    ['models/yolox_nano.onnx', 'none', 0.8],
    ['models/fastestdet.onnx', 'unit', 0.8],
  ] as const)('%s finds pedestrians', async (net, scaling, least) => {
    const { source, model, data } = await open(net, 'data/person/test_images.npy.gz', {
      ...person,
      preprocess: squashed(scaling),
    })
    const [score] = await evaluate(source, model, data, { metrics: metricsFor(data.labels) })
    expect(score!.value).toBeGreaterThan(least)
  })

  test('two face detectors of different conventions find the same faces', async () => {
    const samples = Array.from({ length: 150 }, (_, sample) => sample)
    /** Sure detections by sample, as shares of the image: the inputs are of different sizes. */
    const faces = async (net: string, preprocess: Partial<Preprocess>) => {
      const { source, model, data } = await open(net, 'data/imagenet/calibration', { preprocess })
      const found = new Map<number, Box[]>()
      const { height, width } = data.imageSize!
      for await (const { sample, outputs } of modelOutputs(source, model, data, { samples })) {
        const sure = detect(outputs, data.imageSize).filter(({ score }) => score > 0.9)
        const boxes = sure.map(
          ({ box: [x0, y0, x1, y1] }) => [x0 / width, y0 / height, x1 / width, y1 / height] as const,
        )
        if (boxes.length > 0) found.set(sample, boxes)
      }
      return found
    }
    const ultra = await faces('models/ultraface_rfb_320.onnx', {
      scaling: { mean: 127, deviation: 128 },
      fit: 'squash',
    })
    const yunet = await faces('models/yunet_120x160.onnx', squashed('none'))
    // Both see faces in the same pictures; the best of those in one lies where the other sees one.
    const both = [...ultra.keys()].filter((sample) => yunet.has(sample))
    const overlaps = both.map((sample) =>
      Math.max(...ultra.get(sample)!.flatMap((a) => yunet.get(sample)!.map((b) => intersectionOverUnion(a, b)))),
    )
    expect(both.length).toBeGreaterThanOrEqual(5)
    // What is a face, and where it ends, each net was taught by other people: the middle one of the overlaps counts.
    const [middle] = overlaps.sort((a, b) => a - b).slice(Math.floor(overlaps.length / 2))
    expect(middle).toBeGreaterThan(0.6)
  })

  test.each([
    ['trained/cifar_ibn.onnx', 'data/cifar10/train_images.npy.gz', 'data/cifar10/test_images.npy.gz', 'none'],
    ['models/mobilenetv2_1.0_224.onnx', 'data/imagenet/calibration', 'data/imagenet/test', 'tensorflow'],
    ['trained/shapes/shapes_ibn.onnx', 'trained/shapes/calibration', 'trained/shapes/test', 'tensorflow'],
  ] as const)('%s: calibration and test data have nothing in common', async (net, first, second, scaling) => {
    const preprocess = { scaling }
    const [calibration, held] = await Promise.all([first, second].map((data) => open(net, data, { preprocess })))
    expect((await overlap(calibration!.data, held!.data)).count).toBe(0)
    expect((await overlap(held!.data, held!.data)).count).toBe(held!.data.count)
  })
})
