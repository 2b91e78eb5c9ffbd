import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dataSetOf, drawn } from '../../test/tune/samples.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import type { DataSet } from './data-set.js'
import { digestDataSet } from './digest-data-set.js'
import { keepSamples, openKept } from './kept-samples.js'

const random = new SeededRandom(5)
const draw = (...dims: number[]) => drawn(random, dims)

/** Inputs that are said for one sample come with every batch as they are. */
const withConstant = (data: DataSet, constant: Tensor): DataSet => ({
  ...data,
  batchLimit: 1,
  batch: async (samples) => new Map([...(await data.batch(samples)), ['constant', constant]]),
})

const alike = Array.from({ length: 37 }, () => ({ x: draw(1, 2, 3) }))
const sizes = [3, 5, 4].map((size) => ({ x: draw(1, size), y: Tensor.int64([size], [1, 1]) }))

const cases: [title: string, data: DataSet, batches: readonly number[][]][] = [
  [
    'many of a size',
    dataSetOf(alike),
    [
      [0, 1, 2],
      [36, 4, 4],
    ],
  ],
  ['of several sizes and types', dataSetOf(sizes), [[0], [1], [2]]],
  [
    'with an input that is the same for all',
    withConstant(dataSetOf(alike), Tensor.float32([1, 2], [1, 2])),
    [[3], [5, 6]],
  ],
  [
    'with labels, names and sizes',
    {
      ...dataSetOf(alike.slice(0, 4)),
      labels: { kind: 'classes', classes: Int32Array.of(3, 1, 2, 0) },
      imageSize: { height: 2, width: 3 },
      nameOf: (sample) => `image ${sample}`,
    },
    [[2, 3]],
  ],
]

describe('samples that are kept', () => {
  test.each(cases)('%s', async (_, data, batches) => {
    // As another process gets to know of them.
    const kept = structuredClone(await keepSamples(data, join(mkdtempSync(join(tmpdir(), 'kept-')), 'samples')))
    const opened = openKept(kept)
    const contents = (batch: ReadonlyMap<string, Tensor>) =>
      [...batch].map(([name, { dtype, dims }]) => [name, dtype, dims])
    for (const samples of batches) {
      const [expected, found] = [await data.batch(samples), await opened.batch(samples)]
      expect(contents(found)).toEqual(contents(expected))
      for (const [name, tensor] of expected) expect(Buffer.compare(found.get(name)!.bytes(), tensor.bytes())).toBe(0)
    }
    expect(await digestDataSet(opened)).toBe(await digestDataSet(data))
    const { source, count, batchLimit, imageSize, labels } = data
    expect(opened).toMatchObject({ source, count, batchLimit, imageSize, labels })
    expect(opened.nameOf!(1)).toBe(data.nameOf?.(1) ?? '[1]')
  })
})
