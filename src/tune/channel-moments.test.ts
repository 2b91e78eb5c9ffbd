import { describe, expect, test } from 'vitest'
import type { DataSet } from '../accuracy/data-set.js'
import { buildModel } from '../ir/build.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { gatherMoments } from './channel-moments.js'

const channels = 3

/** Samples of input `x` [1, 3, extent, extent], drawn at random, with another mean for each channel. */
function samples(count: number, extent: number): DataSet & { readonly images: readonly Float32Array[] } {
  const random = new SeededRandom(count)
  const area = extent * extent
  const images = Array.from({ length: count }, () => {
    const shared = random.uniform()
    return Float32Array.from(
      { length: channels * area },
      (_, i) => Math.floor(i / area) + shared + random.uniform() - 1.2,
    )
  })
  return {
    source: 'noise',
    count,
    images,
    batch: async (chosen) => {
      const values = Float32Array.from(chosen.flatMap((sample) => [...images[sample]!]))
      return new Map([['x', Tensor.fromArray('float32', [chosen.length, channels, extent, extent], values)]])
    },
    digests: async () => images.map((_, i) => String(i)),
  }
}

const identity = Tensor.float32([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3, 1, 1])
const reader = Tensor.float32(new Array<number>(6).fill(1), [2, 3, 1, 1])

/** Relu(x) behind a convolution that changes nothing, read by another one. */
const model = (extent: number) => {
  const built = buildModel((g) => {
    const x = g.input('x', 'float32', ['n', channels, extent, extent])
    const active = g.op('Relu', [g.op('Conv', [x, g.constant(identity)])])
    active.name = 'active'
    g.output(g.op('Conv', [active, g.constant(reader)]), 'y')
  })
  inferTypes(built)
  return built
}

/** Mean and mean products of Relu(x) over all places of all samples. */
function exactMoments(images: readonly Float32Array[]) {
  const area = images[0]!.length / channels
  const mean = new Float64Array(channels)
  const second = new Float64Array(channels * channels)
  for (const image of images) {
    for (let at = 0; at < area; at++) {
      const row = [0, 1, 2].map((c) => Math.max(0, image[c * area + at]!))
      row.forEach((a, p) => {
        mean[p]! += a / (area * images.length)
        row.forEach((b, q) => {
          second[p * channels + q]! += (a * b) / (area * images.length)
        })
      })
    }
  }
  return { mean, second }
}

const expectNear = (found: Float64Array, expected: Float64Array, digits: number) => {
  expect(found.length).toBe(expected.length)
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, digits)
}

describe('moments of channels where they are read', () => {
  test('are those of all places where these are few', async () => {
    const data = samples(10, 4)
    const found = (await gatherMoments(model(4), data)).of('active', 1)!
    const expected = exactMoments(data.images)
    expectNear(found.mean, expected.mean, 5)
    expectNear(found.second, expected.second, 5)
  })

  test('are near them where places are drawn, and the same every time', async () => {
    const data = samples(40, 24)
    const original = model(24)
    // 40 x 576 places, of which 4096 are looked at.
    const found = (await gatherMoments(original, data)).of('active', 1)!
    const expected = exactMoments(data.images)
    expectNear(found.mean, expected.mean, 1)
    expectNear(found.second, expected.second, 1)
    expect(found.second).not.toEqual(expected.second)
    expect((await gatherMoments(original, data)).of('active', 1)).toEqual(found)
  })

  test('are known of no other axes', async () => {
    const table = await gatherMoments(model(4), samples(4, 4))
    expect(table.of('x', 1)).toBeUndefined()
    expect(table.of('active', 2)).toBeUndefined()
  })

  test('of features in rows: an axis that is not the first behind the batch', async () => {
    const tokens = buildModel((g) => {
      const x = g.input('x', 'float32', ['n', 2, 3])
      const wide = g.op('Relu', [g.op('MatMul', [x, g.constant(Tensor.float32([1, 0, 0, 1, 1, 1], [3, 2]))])])
      wide.name = 'wide'
      g.output(g.op('MatMul', [wide, g.constant(Tensor.float32([1, 2], [2, 1]))]), 'y')
    })
    inferTypes(tokens)
    const values = [
      [1, 0, 2, 0, 3, 0],
      [0, 1, 1, 2, 0, 1],
    ]
    const data: DataSet = {
      source: 'tokens',
      count: 2,
      batch: async (chosen) =>
        new Map([
          [
            'x',
            Tensor.float32(
              chosen.flatMap((i) => values[i]!),
              [chosen.length, 2, 3],
            ),
          ],
        ]),
      digests: async () => ['0', '1'],
    }
    // Rows of wide: (3, 2), (0, 3), (1, 2), (3, 1).
    const found = (await gatherMoments(tokens, data)).of('wide', 2)!
    expectNear(found.mean, Float64Array.of(7 / 4, 2), 6)
    expectNear(found.second, Float64Array.of(19 / 4, 11 / 4, 11 / 4, 18 / 4), 6)
  })
})
