import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bottleneckModel } from '../../test/architecture/bottleneck.js'
import type { DataSet } from '../accuracy/data-set.js'
import { loadTarget } from '../hw/target.js'
import { inferTypes } from '../ir/infer.js'
import { Tensor } from '../ir/tensor.js'
import { SeededRandom } from '../runtime/random.js'
import { FidelityCache } from '../tune/fidelity-cache.js'
import { FidelityTable } from '../tune/fidelity-table.js'
import { FidelityEvaluator } from './evaluator.js'
import { openSpace } from './open-space.js'
import { recipeOf } from './space/candidate-recipe.js'

const samples = (count: number): DataSet => ({
  source: 'generated',
  count,
  batch: async (wanted) => {
    const values = wanted.flatMap((sample) => {
      const random = new SeededRandom(sample)
      return Array.from({ length: 8 * 81 }, () => 2 * random.uniform() - 1)
    })
    return new Map([['x', Tensor.float32(values, [wanted.length, 8, 9, 9])]])
  },
  labels: undefined,
  digests: async () => Array.from({ length: count }, (_, i) => `${count}-${i}`),
})

test('candidates of a space are built and measured, the original without noise; what is impossible is declined', async () => {
  const original = bottleneckModel({ in: 8, middle: 48, out: 8, residual: true, activation: 'Relu' })
  inferTypes(original)
  const table = new FidelityTable({
    teacher: original,
    calibration: samples(2),
    heldOut: samples(1),
    metric: undefined,
    tuner: undefined,
    cache: new FidelityCache(mkdtempSync(join(tmpdir(), 'evaluator-'))),
    key: 'a bottleneck',
    options: {},
  })
  const evaluator = new FidelityEvaluator(original, table)
  const { space } = await openSpace(original, loadTarget('neural-engine'), {
    parts: ['widths', 'blocks'],
    widths: { kind: 'lanes', step: 16 },
  })
  const cosineOf = async (option: number) => {
    const block = space.choices.findIndex(({ kind }) => kind === 'block')
    const found = await evaluator.evaluate(recipeOf(space, space.with(space.original, block, option)))
    return 'fidelity' in found ? found.fidelity.cosine : found
  }
  expect(await cosineOf(0)).toBeCloseTo(1, 9)
  expect(await cosineOf(1)).toBeLessThan(0.9999)
  expect(
    await evaluator.evaluate({ recipeVersion: 1, decisions: [{ kind: 'block', block: 7, alternative: 'fused' }] }),
  ).toMatchObject({ declined: true, reason: 'unknown-block' })
})
