import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CommonRequest, zooEntries } from './entries.js'
import type { ModelRequest } from './manifest.js'

const place = mkdtempSync(join(tmpdir(), 'entries-'))

async function requestOf(own: ModelRequest, flags: Omit<CommonRequest, 'jobs'>, defaults: ModelRequest = {}) {
  const manifest = join(place, 'zoo.json')
  writeFileSync(manifest, JSON.stringify({ manifestVersion: 1, defaults, models: [{ model: 'a.onnx', ...own }] }))
  const [entry] = await zooEntries([manifest], { ...flags, jobs: 1 }, join(place, 'out'))
  return entry!
}

describe('what is asked of a model', () => {
  test('comes from its own line, then from the command, then from the defaults', async () => {
    const { request, limits } = await requestOf(
      { seed: 1 },
      { seed: 2, threads: 2 },
      { seed: 3, threads: 3, batch: 3, target: 'cpu', timeLimit: 7, memoryLimit: '2GB' },
    )
    expect(request).toMatchObject({ seed: 1, threads: 2, batch: 3, tune: 'none', channelScores: 'weights' })
    expect(request.target.name).toBe('cpu')
    expect(limits).toEqual({ seconds: 7, bytes: 2e9 })
  })

  test('paths of the manifest are seen from it, names and paths of the command are as they are', async () => {
    const own = { data: 'samples', recipe: 'r.json', preprocess: 'imagenet', labels: 'y.npy' }
    const { request } = await requestOf(own, { testData: 'test' })
    expect(request).toMatchObject({
      data: join(place, 'samples'),
      recipe: join(place, 'r.json'),
      labels: join(place, 'y.npy'),
      preprocess: 'imagenet',
      testData: 'test',
      tune: 'closed-form',
      channelScores: 'refit',
    })
    expect((await requestOf({ preprocess: 'p.json' }, {})).request.preprocess).toBe(join(place, 'p.json'))
  })

  test.each<[string, ModelRequest, Omit<CommonRequest, 'jobs'>, string | undefined, string | undefined]>([
    ['a search for all', {}, { search: 'exact', budget: 'latency=70%' }, 'exact', undefined],
    [
      'a recipe of its own instead',
      { recipe: 'r.json' },
      { search: 'exact', budget: 'latency=70%' },
      undefined,
      'r.json',
    ],
    ['a search of its own instead', { search: 'evolution' }, { recipe: 'r.json' }, 'evolution', undefined],
    [
      'none for one of them',
      { search: 'none' },
      { search: 'exact', budget: 'latency=70%', expert: 'e.json' },
      undefined,
      undefined,
    ],
    ['no search of its own', { search: 'none' }, { recipe: 'r.json' }, undefined, undefined],
  ])('%s', async (_, own, flags, search, recipe) => {
    const { request } = await requestOf(own, flags)
    expect(request.search?.algorithm).toBe(search)
    expect(request.recipe).toBe(recipe === undefined ? undefined : join(place, recipe))
  })

  test('constraints are read once, and models on the same device are found from the manifest', async () => {
    const constraints = [{ kind: 'pin', blocks: 0, form: 'fused' }]
    writeFileSync(join(place, 'e.json'), JSON.stringify({ expertVersion: 1, constraints }))
    const asked = { search: 'exact', expert: 'e.json', coResident: ['b.onnx'] } as const
    const { request } = await requestOf(asked, { budget: 'latency=70%' })
    expect(request.search).toMatchObject({
      expert: { file: join(place, 'e.json'), constraints },
      coResidents: [join(place, 'b.onnx')],
    })
    expect(request).not.toHaveProperty('expert')
  })

  test.each<[ModelRequest, RegExp]>([
    [{ budget: 'latency=2ms' }, /a\.onnx: --budget: nothing is searched|--budget/],
    [{ search: 'exact', budget: 'speed=2' }, /speed/],
    [{ search: 'exact', recipe: 'r.json' }, /--recipe: an exact search begins with nothing/],
  ])('%j is a mistake, and names the model', async (own, message) => {
    const error = await requestOf(own, {}).catch((thrown: unknown) => thrown)
    expect((error as { line(): string }).line()).toMatch(message)
    expect((error as { file: string }).file).toBe(join(place, 'a.onnx'))
  })

  test('what is written to is no part of the zoo', async () => {
    const zoo = mkdtempSync(join(tmpdir(), 'entries-'))
    mkdirSync(join(zoo, 'out'))
    for (const name of ['a.onnx', 'out/b.onnx']) writeFileSync(join(zoo, name), '')
    const entries = await zooEntries([zoo], { jobs: 1 }, join(zoo, 'out'))
    expect(entries.map(({ name }) => name)).toEqual(['a'])
  })
})
