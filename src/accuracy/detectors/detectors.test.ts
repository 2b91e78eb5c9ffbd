import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Tensor } from '../../ir/tensor.js'
import type { Labels } from '../data-set.js'
import type { Box } from '../geometry.js'
import { averagePrecision } from '../metrics/average-precision.js'
import type { Outputs } from '../outputs.js'
import { detect, detectors } from './index.js'
import { intersectionOverUnion, suppressOverlaps } from './overlap.js'

const logit = (p: number): number => Math.log(p / (1 - p))

/** Outputs of a detector that sees one box: the inverse of its convention, written down once more. */
type Encode = (image: { height: number; width: number }, box: Box, index: number, score: number) => Outputs

const tensor = (dims: number[], fill: number, values: readonly (readonly [number, number])[]): Tensor => {
  const array = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(fill)
  for (const [at, value] of values) array[at] = value
  return Tensor.fromArray('float32', dims, array)
}
const single = (value: Tensor): Outputs => new Map([['out', value]])
const middle = ([x0, y0, x1, y1]: Box) => ({ x: (x0 + x1) / 2, y: (y0 + y1) / 2, w: x1 - x0, h: y1 - y0 })

const encoders: Record<string, Encode> = {
  'cell-distances': ({ height, width }, box, _, score) => {
    const [rows, columns] = [height / 8, width / 8]
    const { x, y } = middle(box)
    const [row, column] = [Math.floor(y / 8), Math.floor(x / 8)]
    const at = (channel: number) => (channel * rows + row) * columns + column
    const [cx, cy] = [8 * column + 4, 8 * row + 4]
    const sides = [cx - box[0], cy - box[1], box[2] - cx, box[3] - cy]
    const distances = sides.map((side, i) => [at(1 + i), Math.log(side / 8)] as const)
    return single(tensor([1, 5, rows, columns], -20, [[at(0), logit(score)], ...distances]))
  },
  'fastest-det': ({ height, width }, box, index, score) => {
    const [rows, columns] = [height / 16, width / 16]
    const { x, y, w, h } = middle(box)
    const [row, column] = [Math.floor(y / 16), Math.floor(x / 16)]
    const at = (channel: number) => (channel * rows + row) * columns + column
    return single(
      tensor([1, 8, rows, columns], 0, [
        [at(0), score],
        [at(1), Math.atanh(x / 16 - column)],
        [at(2), Math.atanh(y / 16 - row)],
        [at(3), logit(w / width)],
        [at(4), logit(h / height)],
        [at(5 + index), score],
      ]),
    )
  },
  'corner-boxes': ({ height, width }, [x0, y0, x1, y1], index, score) =>
    new Map([
      ['scores', tensor([1, 50, 5], 0, [[5 * 7 + 1 + index, score]])],
      [
        'boxes',
        tensor(
          [1, 50, 4],
          0,
          [x0 / width, y0 / height, x1 / width, y1 / height].map((v, i) => [28 + i, v] as const),
        ),
      ],
    ]),
  yolox: ({ height, width }, box, index, score) => {
    const counts = [8, 16, 32].map((stride) => Math.floor(height / stride) * Math.floor(width / stride))
    const { x, y, w, h } = middle(box)
    const [row, column] = [Math.floor(y / 16), Math.floor(x / 16)]
    const at = 8 * (counts[0]! + row * Math.floor(width / 16) + column)
    return single(
      tensor([1, counts.reduce((a, b) => a + b), 8], 0, [
        [at, x / 16 - column],
        [at + 1, y / 16 - row],
        [at + 2, Math.log(w / 16)],
        [at + 3, Math.log(h / 16)],
        [at + 4, score],
        [at + 5 + index, 1],
      ]),
    )
  },
  'selected-boxes': (_, box, index, score) => {
    const { x, y, w, h } = middle(box)
    return single(tensor([1, 1, 116], 0, [x, y, w, h].map((v, i) => [i, v] as const).concat([[4 + index, score]])))
  },
  'prior-boxes': (image, box, _, score) => {
    // The prior of the second level, of side 48, in the cell of the middle.
    const { x, y, w, h } = middle(box)
    const levels = [8, 16, 32, 64].map((stride) => ({
      stride,
      rows: Math.floor(image.height / stride),
      columns: Math.floor(image.width / stride),
    }))
    const first = levels[0]!.rows * levels[0]!.columns * 3
    const [row, column] = [Math.floor(y / 16), Math.floor(x / 16)]
    const at = first + 2 * (row * levels[1]!.columns + column) + 1
    const count = levels.reduce((sum, { rows, columns }, i) => sum + rows * columns * [3, 2, 2, 3][i]!, 0)
    const loc = [
      (x - 16 * (column + 0.5)) / 48 / 0.1,
      (y - 16 * (row + 0.5)) / 48 / 0.1,
      Math.log(w / 48) / 0.1,
      Math.log(h / 48) / 0.2,
    ]
    return new Map([
      [
        'loc',
        tensor(
          [count, 14],
          0,
          loc.map((v, i) => [14 * at + i, v] as const),
        ),
      ],
      ['conf', tensor([count, 2], 0, [[2 * at + 1, score]])],
      ['iou', tensor([count, 1], 0, [[at, score]])],
    ])
  },
}

describe.each(detectors.map((detector) => [detector.id, detector] as const))('%s', (id, detector) => {
  const classCount = ['cell-distances', 'prior-boxes'].includes(id) ? 1 : 3
  test('reads back what was written by its convention, and no other claims it', () => {
    const cell = fc.record({
      height: fc.constantFrom(64, 128, 192),
      width: fc.constantFrom(64, 96, 160),
      x: fc.double({ min: 0.2, max: 0.75, noNaN: true }),
      y: fc.double({ min: 0.2, max: 0.75, noNaN: true }),
      w: fc.double({ min: 0.15, max: 0.35, noNaN: true }),
      h: fc.double({ min: 0.15, max: 0.35, noNaN: true }),
      index: fc.nat(classCount - 1),
      score: fc.double({ min: 0.3, max: 0.95, noNaN: true }),
    })
    fc.assert(
      fc.property(cell, ({ height, width, x, y, w, h, index, score }) => {
        // Whole boxes: whoever holds them inside the image changes nothing. At least 10 pixels: a cell's middle lies inside.
        const half = { w: Math.max((w * width) / 2, 10), h: Math.max((h * height) / 2, 10) }
        const box: Box = [x * width - half.w, y * height - half.h, x * width + half.w, y * height + half.h]
        fc.pre(box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height)
        const outputs = encoders[id]!({ height, width }, box, index, score)
        expect(detectors.filter((each) => each.recognises(outputs, { height, width }))).toEqual([detector])
        const [found, ...others] = detect(outputs, { height, width })
        expect(others.filter((other) => other.score >= score)).toEqual([])
        expect(found!.class).toBe(index)
        expect(found!.score).toBeCloseTo(score, 5)
        found!.box.forEach((side, i) => {
          expect(side).toBeCloseTo(box[i]!, 2)
        })
      }),
    )
  })
})

describe('overlap', () => {
  test('by hand', () => {
    expect(intersectionOverUnion([0, 0, 2, 2], [1, 1, 3, 3])).toBeCloseTo(1 / 7, 12)
    expect(intersectionOverUnion([0, 0, 1, 1], [1, 0, 2, 1])).toBe(0)
    expect(intersectionOverUnion([0, 0, 1, 1], [0, 0, 1, 1])).toBe(1)
  })
  test('the best of a class stays, and every one that overlaps none kept', () => {
    const box = fc.tuple(fc.nat(20), fc.nat(20)).map(([x, y]) => [x, y, x + 8, y + 8] as const)
    const detection = fc.record({ box, class: fc.nat(1), score: fc.integer({ min: 1, max: 9 }) })
    fc.assert(
      fc.property(fc.array(detection, { maxLength: 12 }), (all) => {
        const kept = suppressOverlaps(all, 0.3)
        for (const one of all) {
          const covering = kept.filter(
            (other) => other.class === one.class && intersectionOverUnion(other.box, one.box) > 0.3,
          )
          if (kept.includes(one)) expect(covering).toEqual([one])
          else expect(covering.some(({ score }) => score >= one.score)).toBe(true)
        }
      }),
    )
  })
})

describe('average precision', () => {
  const image = { height: 640, width: 640 }
  /** Detections as a model behind a suppression gives them. */
  const seen = (...found: (readonly [box: Box, index: number, score: number])[]): Outputs => {
    const values = found.flatMap(([box, index, score], row) => {
      const { x, y, w, h } = middle(box)
      return [...[x, y, w, h].map((v, i) => [84 * row + i, v] as const), [84 * row + 4 + index, score] as const]
    })
    return single(tensor([1, found.length, 84], 0, values))
  }
  const score = (labels: Labels, outputs: readonly Outputs[], weights = outputs.map(() => 1)) => {
    const accumulator = averagePrecision.start()
    outputs.forEach((own, sample) => {
      accumulator.add({ sample, outputs: own, labels, imageSize: image })
    })
    return accumulator.scored().figure(weights)
  }
  const at = (x: number): Box => [x, 0, x + 10, 10]
  const boxes = (...samples: (readonly [Box, number])[][]): Labels => ({
    kind: 'boxes',
    boxes: samples.map((own) => own.map(([box, index]) => ({ box, class: index }))),
  })

  test('by hand: right, wrong, right of three objects', () => {
    const labels = boxes(
      [
        [at(0), 0],
        [at(100), 0],
      ],
      [[at(0), 0]],
    )
    const outputs = [seen([at(0), 0, 0.9], [at(50), 0, 0.8]), seen([at(1), 0, 0.7])]
    // Recall 1/3 at precision 1, 2/3 at precision 2/3.
    expect(score(labels, outputs)).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 3), 6)
    // The second image twice: recall 1/4, then 3/4 at precision 3/4.
    expect(score(labels, outputs, [1, 2])).toBeCloseTo(1 / 4 + (2 / 4) * (3 / 4), 6)
    expect(score(labels, outputs, [0, 1])).toBe(1)
  })
  test('a box is found once; the second finder is wrong', () => {
    const labels = boxes([[at(0), 0]])
    expect(score(labels, [seen([at(0), 0, 0.5], [at(1), 0, 0.9])])).toBe(1)
    expect(score(labels, [seen([at(60), 0, 0.9], [at(0), 0, 0.5])])).toBe(0.5)
    expect(score(labels, [seen([at(0), 1, 0.9])])).toBe(0)
  })
  test('the mean over classes that occur', () => {
    const labels = boxes([
      [at(0), 0],
      [at(100), 3],
    ])
    expect(score(labels, [seen([at(0), 0, 0.9], [at(200), 7, 0.9])])).toBe(0.5)
  })
  test('outputs of no detector are refused', () => {
    expect(() => score(boxes([]), [single(Tensor.float32([1, 2], [1, 2]))])).toThrow(/out \[1, 2\] are of no detector/)
  })
})
