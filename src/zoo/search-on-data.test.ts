import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { classifierOnDisk, imageClassifierOnDisk } from '../../test/architecture/classifier-on-disk.js'
import { schemaValidator } from '../../test/zoo/program.js'
import { loadTarget } from '../hw/target.js'
import type { Report } from '../report/report.js'
import type { SearchedEntry } from '../report/search-entry.js'
import { searchOf } from './asked-search.js'
import { optimizeFile } from './job.js'
import type { JobOptions } from './job-options.js'

async function setUp(count: number, asked: Parameters<typeof searchOf>[0] = {}) {
  const { folder, file, images, classes } = await classifierOnDisk(count)
  const cache = join(folder, 'cache')
  const options: JobOptions = {
    target: loadTarget('neural-engine'),
    data: images,
    labels: classes,
    search: searchOf({ data: images, evaluations: 12, cache, ...asked }),
    maxDrop: 0.2,
    tune: 'closed-form',
    out: join(folder, 'out.onnx'),
    tool: { name: 'test', version: '0' },
  }
  return { file, options, measured: join(cache, 'fidelity') }
}

async function setUpImages(asked: Parameters<typeof searchOf>[0] = {}) {
  const { folder, file, images, classes, preprocess } = await imageClassifierOnDisk(40)
  const options: JobOptions = {
    target: loadTarget('neural-engine'),
    data: images,
    labels: classes,
    preprocess,
    search: searchOf({ data: images, cache: join(folder, 'cache'), ...asked }),
    maxDrop: 1,
    tune: 'closed-form',
    out: join(folder, 'out.onnx'),
    tool: { name: 'test', version: '0' },
  }
  return { file, options }
}

const searched = ({ search }: Report): SearchedEntry => {
  if (search.algorithm === 'none') throw new Error('nothing was searched')
  return search
}

describe('data without a recipe', () => {
  test('are searched on: what is written is faster and was judged; the same command goes on from what was measured', async () => {
    const { file, options, measured } = await setUp(60)
    const report = await optimizeFile(file, options)
    const entry = searched(report)
    expect(entry.algorithm).toBe('auto')
    expect(entry.losses.source).toBe('measured')
    expect(entry.built!.map(({ rung }) => rung)).toContain('brief')
    for (const { drop, loss } of entry.built!) {
      expect(Number.isFinite(drop)).toBe(true)
      expect(loss).toBeGreaterThanOrEqual(0)
    }
    expect(report.result).not.toBeNull()
    expect(report.accuracy?.gate.verdict).toBe('passed')
    expect(report.after.latencyMs).toBeLessThan(report.before.latencyMs)
    const validate = schemaValidator('report.schema.json')
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true)
    // The search's estimate of what it chose is that of the file.
    expect(entry.best.latencyMs).toBeCloseTo(report.after.latencyMs, 9)
    expect(report.decisions.map(({ decision }) => decision)).toEqual(entry.best.decisions)
    const files = readdirSync(measured).length
    expect(files).toBe(entry.built!.length)
    const again = searched(await optimizeFile(file, options))
    expect(again.built).toEqual(entry.built)
    expect(readdirSync(measured).length).toBe(files)
  })

  test('are had in every size that the space has, and what is found is judged by answers to its own', async () => {
    const { file, options } = await setUpImages({ evaluations: 9, space: 'blocks,resolution' })
    const report = await optimizeFile(file, options)
    const entry = searched(report)
    const resized = entry.built!.filter(({ decisions }) => decisions[0]?.kind === 'resolution')
    expect(resized.some(({ decisions }) => decisions.length > 1)).toBe(true)
    for (const { loss, drop } of entry.built!)
      expect([Number.isFinite(loss), Number.isFinite(drop)]).toEqual([true, true])
    expect(report.decisions[0]!.decision.kind).toBe('resolution')
    expect(report.decisions.map(({ decision }) => decision)).toEqual(entry.best.decisions)
    expect(report.accuracy?.samples).toBe(8)
    expect(entry.best.latencyMs).toBeCloseTo(report.after.latencyMs, 9)
  })

  test('in another size are what is fitted to that is decided beside it', async () => {
    const { file, options } = await setUpImages()
    const resolution = { kind: 'resolution', input: 'x', height: 16, width: 16 } as const
    const recipe = {
      recipeVersion: 1,
      decisions: [{ kind: 'block', block: 0, alternative: 'fused' }, resolution],
    } as const
    const noiseWith = async (tune: string) => {
      const { decisions } = await optimizeFile(file, { ...options, search: undefined, recipe, tune })
      const fused = decisions.find(({ decision }) => decision.kind === 'block')!
      expect(fused.fit === null).toBe(tune === 'none')
      return fused.fidelity!.nsr
    }
    expect(await noiseWith('closed-form')).toBeLessThan(0.5 * (await noiseWith('none')))
  })

  test('that cannot be had in other sizes: the search says so before it begins', async () => {
    const { file, options } = await setUp(40, { space: 'blocks,resolution' })
    await expect(optimizeFile(file, options)).rejects.toMatchObject({
      place: '--space',
      message: expect.stringMatching(/^samples cannot be had in \d+ x \d+: /),
      remedy: expect.stringMatching(/^leave resolution out; or /),
    })
  })

  test('sub-networks evolve from what single options were fitted to, if that is asked for; another run goes on from there', async () => {
    const { file, options, measured } = await setUp(60, { search: 'supernet', evaluations: 20 })
    const report = await optimizeFile(file, options)
    const { algorithm, built, evaluations } = searched(report)
    expect(algorithm).toBe('supernet')
    expect(new Set(built!.map(({ rung }) => rung))).toEqual(new Set(['brief', 'inherited', 'full']))
    expect(evaluations).toBeLessThanOrEqual(20)
    const validate = schemaValidator('report.schema.json')
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true)
    expect(readdirSync(measured).length).toBe(built!.length)
    expect(searched(await optimizeFile(file, options)).built).toEqual(built)
    expect(readdirSync(measured).length).toBe(built!.length)
  })

  test('candidates that are all fitted evolve, if that is asked for', async () => {
    const { file, options } = await setUp(60, { search: 'multi-shot', evaluations: 10 })
    const { algorithm, built, best } = searched(await optimizeFile(file, options))
    expect(algorithm).toBe('multi-shot')
    expect(built!.length).toBeLessThanOrEqual(10)
    expect(built!.every(({ rung }) => rung !== 'inherited')).toBe(true)
    expect(built!.map(({ decisions }) => JSON.stringify(decisions))).toContain(JSON.stringify(best.decisions))
  })

  test('too few to search on are inputs to verify on, with a warning; asked for by name, a search refuses them', async () => {
    const { file, options } = await setUp(6)
    const bare = { ...options, labels: undefined, maxDrop: undefined, tune: 'none' }
    const report = await optimizeFile(file, bare)
    expect(report.search).toEqual({ algorithm: 'none' })
    expect(report.warnings.join()).toMatch(/6 samples are too few/)
    expect(report.verification.verdict).toBe('agrees')
    const asked = { ...options, search: searchOf({ search: 'auto', data: options.data }) }
    await expect(optimizeFile(file, asked)).rejects.toMatchObject({ code: 'invalid-data' })
  })

  test('a search on data without data is a usage error', async () => {
    const { file, options } = await setUp(20)
    const asked = { ...options, data: undefined, labels: undefined, tune: 'none', search: searchOf({ search: 'auto' }) }
    await expect(optimizeFile(file, asked)).rejects.toMatchObject({ place: '--search auto' })
  })

  test('what keeps no metric leaves the exact passes alone, and says so', async () => {
    const { file, options } = await setUp(40)
    const report = await optimizeFile(file, { ...options, maxDrop: 0 })
    expect(searched(report).reason).toMatch(/no candidate that was built/)
    expect([report.decisions.length, report.result === null]).toEqual([0, false])
  })
})
