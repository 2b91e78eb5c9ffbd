import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { classifierOnDisk } from '../../test/architecture/classifier-on-disk.js'
import { loadTarget } from '../hw/target.js'
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
