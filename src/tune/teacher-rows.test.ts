import { expect, test } from 'vitest'
import type { DataSet } from '../accuracy/data-set.js'
import { openRuntime } from '../accuracy/model-outputs.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { type Targets, targetGroups } from './target-groups.js'
import { TeacherRows } from './teacher-rows.js'

const pixels = 3 * 48 * 48

const images: DataSet = {
  source: 'generated',
  count: 6,
  batch: async (wanted) => {
    const values = wanted.flatMap((sample) => {
      const random = new SeededRandom(sample)
      return Array.from({ length: pixels }, () => 2 * random.uniform() - 1)
    })
    return new Map([['image', Tensor.float32(values, [wanted.length, 3, 48, 48])]])
  },
  digests: async () => [],
}

async function original(): Promise<Model> {
  const model = await readModel(new URL('../../fixtures/shapes/shapes_ibn.onnx', import.meta.url).pathname)
  inferTypes(model)
  return model
}

/** Rows of all samples, asked for in that order, in one list a value. */
async function rowsOf(model: Model, asked: readonly Targets[]): Promise<Map<string, number[]>> {
  const runtime = openRuntime({})
  const rows = await TeacherRows.open(model, images, {}, { rows: 600, isShared: true })
  const found = new Map<string, number[]>()
  try {
    for (const targets of asked) {
      await rows.gather(targets, runtime)
      for (const name of targets.keys()) {
        const all = []
        for (let sample = 0; sample < images.count; sample++) all.push(...(await rows.rowsOf(name, sample, 100)).rows)
        found.set(name, all)
      }
    }
  } finally {
    await rows.close()
    runtime.close()
  }
  return found
}

test('rows that many fits share are the same to the bit, whatever was asked for before and beside', async () => {
  const model = await original()
  const all = new Map(targetGroups(model).flatMap((group) => [...group]))
  expect(all.size).toBeGreaterThan(20)
  const together = await rowsOf(model, [all])
  const oneByOne = await rowsOf(
    model,
    [...all].reverse().map((target) => new Map([target])),
  )
  for (const [name, rows] of together) expect(oneByOne.get(name), name).toEqual(rows)
})
