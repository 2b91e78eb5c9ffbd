import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { classifierOnDisk } from '../../test/architecture/classifier-on-disk.js'
import { estimate } from '../estimator/estimate.js'
import { loadTarget } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import type { Decision } from '../passes/architecture/decision.js'
import { applyRecipe } from '../passes/architecture/recipe.js'
import { terminalAdvice } from '../report/advice-view.js'
import { colorsFor } from '../report/terminal.js'
import { cleanUp } from '../search/clean-up.js'
import { type AdviseOptions, adviseFile } from './advise.js'

async function setUp(): Promise<{ readonly file: string; readonly options: AdviseOptions; readonly folder: string }> {
  const { folder, file, images, classes } = await classifierOnDisk(20)
  const options: AdviseOptions = {
    target: loadTarget('neural-engine'),
    data: images,
    labels: classes,
    cache: join(folder, 'cache'),
    tool: { name: 'test', version: '0' },
  }
  return { file, options, folder }
}

describe('advice with data', () => {
  test('measures what saves latency, ranks by what is saved over what is lost, and goes on where it stopped', async () => {
    const { file, options, folder } = await setUp()
    const controller = new AbortController()
    const stages: string[] = []
    const interrupted = adviseFile(file, {
      ...options,
      signal: controller.signal,
      onStage: (text) => {
        stages.push(text)
        if (text.startsWith('alternative 3 ')) controller.abort()
      },
    })
    await expect(interrupted).rejects.toThrow()
    const before = readdirSync(join(folder, 'cache', 'fidelity')).length
    expect(before).toBeGreaterThan(0)
    const advice = await adviseFile(file, options)
    const measured = advice.alternatives.filter(({ fidelity }) => fidelity !== null)
    expect(readdirSync(join(folder, 'cache', 'fidelity'))).toHaveLength(measured.length)
    expect(measured.length).toBeGreaterThan(before)
    expect(advice.data).toEqual({ source: options.data, samples: 4 })
    for (const { decision, before: old, after, fidelity, reason } of advice.alternatives) {
      // Images of another size have nothing that they could be held against.
      expect(fidelity !== null).toBe(after.latencyMs < old.latencyMs && decision.kind !== 'resolution')
      if (fidelity === null) continue
      expect(fidelity.metric?.name).toBe('top-1')
      expect(fidelity.kl).not.toBeNull()
      expect(reason).toMatch(/NSR/)
    }
    const worth = measured.map(
      ({ before: old, after, fidelity }) => (old.latencyMs - after.latencyMs) / (1.01 - fidelity!.cosine ** 2),
    )
    expect(worth).toEqual([...worth].sort((a, b) => b - a))
    expect(await adviseFile(file, options)).toEqual(advice)
    expect(stages[2]).toMatch(/^alternative 1 of \d+: fused of block 0$/)
  })

  test('what was measured with channels chosen otherwise is measured anew', async () => {
    const { file, options, folder } = await setUp()
    const entries = () => readdirSync(join(folder, 'cache', 'fidelity')).length
    const byWeights = await adviseFile(file, options)
    const before = entries()
    const byData = await adviseFile(file, { ...options, channelScores: 'missing' })
    expect(entries()).toBe(2 * before)
    const decisions = ({ alternatives }: typeof byData) => alternatives.map(({ decision }) => JSON.stringify(decision))
    expect(decisions(byData).sort()).toEqual(decisions(byWeights).sort())
  })

  test('labels without samples', async () => {
    const { file, options } = await setUp()
    await expect(adviseFile(file, { ...options, data: undefined })).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('advice around a recipe', () => {
  const written = (folder: string, decisions: readonly Decision[]): string => {
    const file = join(folder, 'found.json')
    writeFileSync(file, JSON.stringify({ recipeVersion: 1, decisions }))
    return file
  }

  test('says what it comes to without each decision, and with one more', async () => {
    const { file, options, folder } = await setUp()
    const { data: _, labels: __, ...plain } = options
    const { alternatives, groups } = await adviseFile(file, plain)
    const free = groups.find(({ pinned, size }) => pinned === null && size >= 8)!
    const decisions: Decision[] = [
      alternatives.find(({ decision }) => decision.kind === 'block' && decision.alternative === 'fused')!.decision,
      { kind: 'width', group: free.name, size: free.size / 2 },
    ]
    const advice = await adviseFile(file, { ...plain, recipe: written(folder, decisions) })
    const model = await readModel(file)
    await cleanUp(model, { model, keepOverridable: false, foldBudgetBytes: 0 })
    const latencyWith = (some: readonly Decision[]) =>
      estimate(applyRecipe(model, { recipeVersion: 1, decisions: some }).model, plain.target).latencyMs
    const { original, loss, decisions: weighed, losses } = advice.recipe!
    expect(original.latencyMs).toBeCloseTo(latencyWith([]), 12)
    expect(advice.base.latencyMs).toBeCloseTo(latencyWith(decisions), 12)
    expect(losses.source).toBe('proxy')
    expect(loss).toBeGreaterThan(0)
    expect(weighed.map(({ decision }) => decision)).toEqual(decisions)
    weighed.forEach(({ without }, i) => {
      expect(without!.latencyMs).toBeCloseTo(latencyWith(decisions.toSpliced(i, 1)), 12)
      expect(without!.loss).toBeLessThan(loss!)
    })
    // A proxy is a sum: what each decision takes away is all that there is.
    const taken = weighed.map(({ without }) => loss! - without!.loss!)
    expect(taken.reduce((sum, each) => sum + each, 0)).toBeCloseTo(loss!, 9)
    for (const { decision, before, after } of advice.alternatives.slice(0, 5)) {
      expect(before.latencyMs).toBe(advice.base.latencyMs)
      expect(after.latencyMs).toBeCloseTo(latencyWith([...decisions, decision]), 12)
    }
    expect(advice.alternatives.length).toBeGreaterThan(3)
    const text = terminalAdvice(advice, 5, colorsFor(false))
    expect(text).toMatch(/without +latency +parameters +peak +loss/)
    expect(text).toContain('changes besides it')
  })

  test('with data it measures the recipe with and without each decision', async () => {
    const { file, options, folder } = await setUp()
    const decisions: Decision[] = [{ kind: 'depth-multiplier', ratio: 0.5, multipleOf: 2 }]
    const { recipe, alternatives } = await adviseFile(file, { ...options, recipe: written(folder, decisions) })
    expect(recipe!.losses.source).toBe('measured')
    expect(recipe!.loss).toBeGreaterThan(0)
    // Nothing is left of it.
    expect(recipe!.decisions[0]!.without).toMatchObject(recipe!.original)
    expect(recipe!.decisions[0]!.without!.loss).toBeCloseTo(0, 6)
    expect(alternatives.some(({ fidelity }) => fidelity !== null)).toBe(true)
  })

  test('a recipe that is not possible', async () => {
    const { file, options, folder } = await setUp()
    const { data: _, labels: __, ...plain } = options
    const recipe = written(folder, [{ kind: 'block', block: 99, alternative: 'fused' }])
    await expect(adviseFile(file, { ...plain, recipe })).rejects.toMatchObject({ code: 'invalid-recipe' })
  })
})
