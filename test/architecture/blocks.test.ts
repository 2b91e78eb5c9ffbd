import { expect, test } from 'vitest'
import { evaluate } from '../../src/accuracy/evaluate.js'
import { metricsFor } from '../../src/accuracy/metrics/index.js'
import { openDataSet } from '../../src/accuracy/open-data-set.js'
import { toProto } from '../../src/export/to-proto.js'
import { readModel } from '../../src/import/read-model.js'
import type { Model } from '../../src/ir/graph.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { alternativesOf, applyBlock } from '../../src/passes/architecture/apply-block.js'
import { Correspondence } from '../../src/passes/architecture/correspondence.js'
import { isDeclined } from '../../src/passes/architecture/declined.js'
import { findBlocks } from '../../src/passes/architecture/find-blocks.js'
import { compareTensors, roundingTolerance } from '../../src/runtime/compare.js'
import { useRuntime } from '../passes/equivalence.js'
import { describeWithShared } from '../shared-assets.js'
import { rewrittenBlock } from './changed-block.js'
import { firstRun, run } from './run-model.js'

const fused = (model: Model, places: readonly number[]) => {
  const blocks = findBlocks(model)
  for (const place of places) {
    const decision = { kind: 'block', block: place, alternative: 'fused' } as const
    expect(isDeclined(applyBlock(model, blocks[place]!, decision, new Correspondence()))).toBe(false)
  }
  expect(verifyGraph(model)).toEqual([])
  return model
}

describeWithShared('blocks of real models', (assets) => {
  const holder = useRuntime()

  test.each([
    'trained/cifar_ibn',
    'trained/cifar_ibn.raw',
    'trained/cifar_dw',
    'trained/cifar_dw.raw',
    'trained/camvid_seg',
    'trained/camvid_seg.raw',
    'trained/person_det',
    'trained/person_det.raw',
    'trained/shapes/shapes_ibn',
    'trained/shapes/shapes_ibn.raw',
    'models/ppocr_cls',
    'models/mobilenetv1_0.25_128_fp16',
    'models/yunet_120x160',
  ])(
    'every alternative of every block of %s runs',
    async (name) => {
      const model = await readModel(assets.file(...`${name}.onnx`.split('/')))
      const blocks = findBlocks(model)
      const { feeds, results } = await firstRun(holder.runtime, model)
      let applied = 0
      for (const [place, block] of blocks.entries()) {
        for (const alternative of alternativesOf(block)) {
          const { after, result } = rewrittenBlock(model, { alternative }, place)
          const actual = await run(holder.runtime, after, feeds)
          for (const [output, tensor] of results) {
            expect(actual.get(output)!.dims).toEqual(tensor.dims)
            expect(Array.from(actual.get(output)!.numbers()).every(Number.isFinite)).toBe(true)
            if (result.kind === 'lossy') continue
            const { agrees, reason } = compareTensors(output, tensor, actual.get(output), roundingTolerance)
            expect(agrees, `${block.name} ${alternative}: ${reason}`).toBe(true)
          }
          applied += 1
        }
      }
      expect(applied).toBeGreaterThanOrEqual(blocks.length)
    },
    300_000,
  )

  test('all blocks of MobileNetV2 fused at once', async () => {
    const model = await readModel(assets.file('models/mobilenetv2_1.0_224.onnx'))
    const correspondence = new Correspondence()
    for (const block of findBlocks(model).filter(({ index }) => index !== undefined)) {
      const decision = { kind: 'block', block: block.index!, alternative: 'fused' } as const
      expect(isDeclined(applyBlock(model, block, decision, correspondence))).toBe(false)
    }
    expect(findBlocks(model).map(({ kind }) => kind)).toEqual(['separable'])
    await firstRun(holder.runtime, model)
  }, 120_000)

  // The net's README has them from PyTorch: "weights inherited". Folded and not, the product is the same.
  test.each<[string, readonly number[], number]>([
    ['cifar_ibn', [0], 0.767],
    ['cifar_ibn', [4], 0.6385],
    ['cifar_ibn', [7], 0.799],
    ['cifar_ibn', [0, 1, 2], 0.4905],
    ['cifar_ibn.raw', [0, 1, 2], 0.4905],
  ])(
    '%s with blocks %j fused scores what others measured',
    async (name, places, expected) => {
      const model = fused(await readModel(assets.file('trained', `${name}.onnx`)), places)
      const data = await openDataSet({
        data: assets.file('data/cifar10/test_images.npy.gz'),
        labels: assets.file('data/cifar10/test_labels.npy'),
        model,
      })
      const bytes = Buffer.concat(encodeModel(toProto(model)))
      const [score] = await evaluate({ bytes }, model, data, { metrics: metricsFor(data.labels) })
      expect(score!.value).toBeCloseTo(expected, 9)
    },
    60_000,
  )
})
