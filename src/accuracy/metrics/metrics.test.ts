import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tensor } from '../../ir/tensor.js'
import type { Labels } from '../data-set.js'
import type { Outputs } from '../outputs.js'
import { cosineSimilarity, divergence, expectedDrop, signalToNoise, top1Agreement } from './agreement.js'
import { metrics, metricsFor } from './index.js'
import type { Metric, ScoredSample } from './metric.js'
import { meanIntersectionOverUnion, pixelAccuracy } from './segmentation.js'
import { top1, top5 } from './top-k.js'

const f32 = (values: readonly number[], ...dims: number[]) => new Map([['y', Tensor.float32(values, dims)]])
const classes = (...indexes: number[]): Labels => ({ kind: 'classes', classes: Int32Array.from(indexes) })

/** The metric over samples, each weighted. */
function figure(
  metric: Metric,
  samples: readonly Partial<ScoredSample>[],
  labels?: Labels,
  weights?: number[],
): number {
  const accumulator = metric.start()
  samples.forEach((more, sample) => {
    accumulator.add({ sample, labels, outputs: new Map(), ...more })
  })
  return accumulator.scored().figure(weights ?? samples.map(() => 1))
}

describe('top-k', () => {
  test('equals sorting', () => {
    const scores = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 6, maxLength: 9 })
    fc.assert(
      fc.property(scores, fc.nat(), (values, seed) => {
        const label = seed % values.length
        const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]! || a - b)
        const samples = [{ outputs: f32(values, 1, values.length) }]
        expect(figure(top1, samples, classes(label))).toBe(order[0] === label ? 1 : 0)
        expect(figure(top5, samples, classes(label))).toBe(order.slice(0, 5).includes(label) ? 1 : 0)
      }),
    )
  })
  test.each([
    ['[1, C, 1, 1]', f32([0, 2, 1], 1, 3, 1, 1)],
    ['[1, 1, 1, C]', f32([0, 2, 1], 1, 1, 1, 3)],
    ['half precision', new Map([['y', Tensor.fromArray('float16', [1, 2], Uint16Array.of(0, 0x3c00))]])],
    ['an ArgMax', new Map([['y', Tensor.int64([1])]])],
    [
      'behind features',
      new Map([
        ['f', Tensor.float32([1, 2, 3, 4], [1, 2, 2])],
        ['y', Tensor.float32([0, 1], [1, 2])],
      ]),
    ],
  ])('scores as %s', (_, outputs) => {
    expect(figure(top1, [{ outputs }], classes(1))).toBe(1)
    expect(figure(top1, [{ outputs }], classes(0))).toBe(0)
  })
  test('weights count', () => {
    const samples = [{ outputs: f32([1, 0], 1, 2) }, { outputs: f32([0, 1], 1, 2) }]
    expect(figure(top1, samples, classes(0, 0), [3, 1])).toBe(0.75)
  })
  test.each<[string, Outputs, Labels | undefined, RegExp]>([
    ['a class that the model does not know', f32([0, 1], 1, 2), classes(2), /class 2, the model knows 2 classes/],
    ['no scores', f32([0, 1, 2, 3], 1, 2, 2), classes(0), /no output has one score a class/],
    ['no labels', f32([0, 1], 1, 2), undefined, /class labels are missing/],
  ])('%s: refused', (_, outputs, labels, message) => {
    expect(() => figure(top1, [{ outputs }], labels)).toThrow(message)
  })
  test('no number is no answer', () => {
    expect(figure(top1, [{ outputs: f32([Number.NaN, Number.NaN], 1, 2) }], classes(0))).toBe(0)
  })
})

describe('segmentation', () => {
  // Truth 0 0 1 1 / 2 2 9 9, answers 0 1 1 1 / 2 0 0 2, 9 does not count.
  const truth = [0, 0, 1, 1, 2, 2, 9, 9]
  const answer = [0, 1, 1, 1, 2, 0, 0, 2]
  const labels: Labels = { kind: 'masks', height: 2, width: 4, masks: Uint8Array.from(truth) }
  const planes = [0, 1, 2].flatMap((index) => answer.map((own) => (own === index ? 1 : 0)))
  const last = answer.flatMap((own) => [0, 1, 2].map((index) => (own === index ? 1 : 0)))
  test.each([
    ['[1, C, H, W]', f32(planes, 1, 3, 2, 4)],
    ['[1, H, W, C]', f32(last, 1, 2, 4, 3)],
    ['classes [1, H, W]', new Map([['y', Tensor.int64(answer, [1, 2, 4])]])],
    ['classes [1, 1, H, W]', new Map([['y', Tensor.int64(answer, [1, 1, 2, 4])]])],
  ])('by hand, from %s', (_, outputs) => {
    // IoU 1/3, 2/3, 1/2.
    const told = outputs.get('y')!.dtype === 'int64' ? ({ ...labels, ignored: 9 } as Labels) : labels
    expect(figure(meanIntersectionOverUnion, [{ outputs }], told)).toBeCloseTo((1 / 3 + 2 / 3 + 1 / 2) / 3, 12)
    expect(figure(pixelAccuracy, [{ outputs }], told)).toBeCloseTo(4 / 6, 12)
  })
  test('counts are summed over samples before they are divided', () => {
    const two: Labels = { kind: 'masks', height: 1, width: 2, masks: Uint8Array.of(0, 0, 1, 1) }
    const samples = [{ outputs: f32([1, 1, 0, 0], 1, 2, 1, 2) }, { outputs: f32([1, 0, 0, 1], 1, 2, 1, 2) }]
    // Class 0: 2 of 3, class 1: 1 of 2.
    expect(figure(meanIntersectionOverUnion, samples, two)).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12)
    // The first alone knows only class 0.
    expect(figure(meanIntersectionOverUnion, samples, two, [2, 0])).toBe(1)
  })
  test('a label may be told not to count', () => {
    const outputs = f32(planes, 1, 3, 2, 4)
    expect(figure(pixelAccuracy, [{ outputs }], { ...labels, ignored: 0 } as Labels)).toBeCloseTo(3 / 4, 12)
  })
  test('masks of another size are refused', () => {
    expect(() => figure(pixelAccuracy, [{ outputs: f32([1, 2, 3, 4], 1, 2, 1, 2) }], labels)).toThrow(/masks are 2x4/)
  })
})

describe('agreement', () => {
  const pair = (outputs: readonly number[], reference: readonly number[]) => ({
    outputs: f32(outputs, 1, outputs.length),
    reference: f32(reference, 1, reference.length),
  })
  test('a model agrees with itself', () => {
    const values = fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(values, (scores) => {
        const samples = [pair(scores, scores)]
        for (const metric of [top1Agreement, signalToNoise, divergence, expectedDrop])
          expect(figure(metric, samples)).toBe(metric.perfect)
        expect(figure(cosineSimilarity, samples)).toBeCloseTo(1, 12)
      }),
    )
  })
  test('by hand', () => {
    const samples = [pair([1, 0], [0, 1]), pair([3, 4], [3, 5])]
    expect(figure(top1Agreement, samples)).toBe(0.5)
    expect(figure(cosineSimilarity, samples)).toBeCloseTo((0 + 29 / Math.sqrt(25 * 34)) / 2, 6)
    expect(figure(signalToNoise, samples)).toBeCloseTo(10 * Math.log10((1 + 34) / (2 + 1)), 6)
    const softmax = [1 / (1 + Math.E), Math.E / (1 + Math.E)] as const
    const kl = softmax[0] * Math.log(softmax[0] / softmax[1]) + softmax[1] * Math.log(softmax[1] / softmax[0])
    expect(figure(divergence, [pair([3, 2], [2, 3])])).toBeCloseTo(kl, 6)
    // Shares that are shares already are not squashed again.
    expect(figure(divergence, [pair([0.75, 0.25], [0.5, 0.5])])).toBeCloseTo(
      0.5 * Math.log(2 / 3) + 0.5 * Math.log(2),
      6,
    )
  })
  test('what the original believes less in is what is expected to be lost', () => {
    // The same answer costs nothing, however sure; another one what the original's own shares lie apart.
    expect(figure(expectedDrop, [pair([0.4, 0.6], [0.1, 0.9])])).toBe(0)
    expect(figure(expectedDrop, [pair([0.6, 0.4], [0.1, 0.9]), pair([0.1, 0.9], [0.3, 0.7])])).toBeCloseTo(0.4, 6)
    const [sure, unsure] = [Math.E / (1 + Math.E), 1 / (1 + Math.E)]
    expect(figure(expectedDrop, [pair([5, 4], [2, 3])])).toBeCloseTo(sure - unsure, 6)
  })
  test('outputs of different sizes are refused', () => {
    expect(() => figure(cosineSimilarity, [pair([1, 2], [1, 2, 3])])).toThrow(/output y is \[1,3\] in one model/)
    expect(() => figure(cosineSimilarity, [{ outputs: f32([1], 1) }])).toThrow(/needs two models/)
  })
})

describe('choice', () => {
  const masks: Labels = { kind: 'masks', height: 1, width: 1, masks: Uint8Array.of(0) }
  test.each<[string, Labels | undefined, string | undefined, string[]]>([
    ['classes', classes(0), undefined, ['top-1', 'top-5']],
    ['masks', masks, undefined, ['miou', 'pixel-accuracy']],
    ['boxes', { kind: 'boxes', boxes: [] }, undefined, ['ap-50']],
    ['nothing', undefined, undefined, ['agreement', 'cosine', 'sqnr', 'kl', 'expected-drop']],
    ['the one asked for comes first', masks, 'pixel-accuracy', ['pixel-accuracy', 'miou']],
    ['agreement in spite of labels', masks, 'cosine', ['cosine', 'agreement', 'sqnr', 'kl', 'expected-drop']],
  ])('%s', (_, labels, id, expected) => {
    expect(metricsFor(labels, id).map((metric) => metric.id)).toEqual(expected)
  })
  test('refusals', () => {
    expect(() => metricsFor(undefined, 'top-9')).toThrow(/no metric "top-9"/)
    expect(() => metricsFor(masks, 'top-1')).toThrow(/top-1 needs classes, the labels are masks/)
    expect(() => metricsFor(undefined, 'miou')).toThrow(/no labels were given/)
  })
  test('ids are unique', () => {
    expect(new Set(metrics.map(({ id }) => id)).size).toBe(metrics.length)
  })
})
