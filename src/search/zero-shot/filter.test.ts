import { describe, expect, test } from 'vitest'
import { bottleneckModel } from '../../../test/architecture/bottleneck.js'
import { inferTypes } from '../../ir/infer.js'
import type { BlockAlternative, Recipe } from '../../passes/architecture/decision.js'
import { zeroShotFilter, zeroShotRanking } from './filter.js'
import { type ZeroShotName, zeroShotScores } from './scores.js'

const original = bottleneckModel({ in: 8, middle: 48, out: 8, residual: true, activation: 'Relu' })
inferTypes(original)

const recipe = (alternative?: BlockAlternative, block = 0): Recipe => ({
  recipeVersion: 1,
  decisions: alternative === undefined ? [] : [{ kind: 'block', block, alternative }],
})
// Block 7 is not there; skipped, the output of the model would be its input.
const recipes = [recipe('merged'), recipe('fused', 7), recipe(), recipe('fused'), recipe('merged'), recipe('skip')]

describe('the filter', () => {
  test('keeps the best, of equal ones the earlier, and nothing that is declined', async () => {
    // Parameters: fused > original > merged.
    expect(await zeroShotFilter(original, recipes, 3, { score: 'parameters' })).toEqual([3, 2, 0])
    expect(await zeroShotFilter(original, recipes, 9, { score: 'parameters' })).toEqual([3, 2, 0, 4])
    expect(await zeroShotFilter(original, recipes, 0)).toEqual([])
  })

  test('knows of random inputs that what drops more loses more', async () => {
    const kept = await zeroShotFilter(original, recipes, 9, { score: 'random-inputs' })
    expect(kept[0]).toBe(2)
    expect(kept.indexOf(3)).toBeLessThan(kept.indexOf(0))
  })

  test.each(Object.keys(zeroShotScores) as ZeroShotName[])('says the same for the same seed by %s', async (score) => {
    let scored = 0
    const options = { score, seed: 2, onScored: (done: number) => (scored = done) }
    const found = await zeroShotRanking(original, recipes, options)
    expect(scored).toBe(recipes.length)
    expect(found[1]).toBeUndefined()
    expect(found[4]).toBe(found[0])
    expect(await zeroShotRanking(original, recipes, { score, seed: 2 })).toEqual(found)
  })

  test('can be interrupted', async () => {
    await expect(zeroShotFilter(original, recipes, 1, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  })
})
