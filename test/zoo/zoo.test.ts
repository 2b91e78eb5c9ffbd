import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { writeModel } from '../../src/export/write-model.js'
import { modelFromBytes } from '../../src/import/read-model.js'
import { endlessModel, hungryModel, largeModel, smallModel } from './models.js'
import { folder, partialFilesIn, reportOf, resultsIn, root, run, schemaValidator, start, summaryIn } from './program.js'

async function smallZoo(count: number): Promise<string> {
  const zoo = folder()
  mkdirSync(join(zoo, 'sub'))
  for (let i = 0; i < count; i++) await writeModel(smallModel(i), join(zoo, i % 2 ? 'sub' : '.', `net-${i}.onnx`))
  return zoo
}

describe('optimize zoo', () => {
  test('a folder: results, reports and a summary in four forms', async () => {
    const zoo = await smallZoo(4)
    const out = join(zoo, 'out')
    const { code, stdout, stderr } = await run('zoo', zoo, '--out', out, '--jobs', '2')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^4 of 4 models, latency x 0\.\d+ in the mean\n/)
    expect(stderr.trim().split('\n')).toHaveLength(4)
    expect(stderr).toMatch(/^\[4\/4\] done \S+: \d.*\(\d+\.\d s\)$/m)
    const summary = summaryIn(out)
    const validate = schemaValidator('zoo-summary.schema.json')
    expect(validate(summary), JSON.stringify(validate.errors)).toBe(true)
    expect(summary.models.map(({ name }) => name).sort()).toEqual(['net-0', 'net-2', 'sub/net-1', 'sub/net-3'])
    const gains = summary.models.map(({ figures }) => figures['latency']!.after / figures['latency']!.before)
    expect(gains).toEqual([...gains].sort((a, b) => a - b))
    for (const { name, figures, result } of summary.models) {
      const report = reportOf(out, name)
      expect(figures['latency']).toEqual({ before: report.before.latencyMs, after: report.after.latencyMs })
      expect(figures['nodes']!.after).toBeLessThan(figures['nodes']!.before)
      expect(modelFromBytes(readFileSync(join(out, result))).nodeCount).toBe(figures['nodes']!.after)
    }
    expect(readFileSync(join(out, 'summary.md'), 'utf8')).toContain('[sub/net-1](reports/sub/net-1.json)')
    expect(readFileSync(join(out, 'summary.html'), 'utf8')).toContain('<a href="reports/sub/net-1.json">sub/net-1</a>')
    expect(readFileSync(join(out, 'summary.csv'), 'utf8').split('\r\n')).toHaveLength(6)
    // Pages are made when asked for, and lead the summary then.
    await run('zoo', zoo, '--out', out, '--html', '-q')
    expect(readFileSync(join(out, 'reports/sub/net-1.html'), 'utf8')).toContain('net-1.onnx')
    expect(readFileSync(join(out, 'summary.html'), 'utf8')).toContain('<a href="reports/sub/net-1.html">')
    expect(validate(summaryIn(out)), JSON.stringify(validate.errors)).toBe(true)
    // A folder of its own inside the zoo is no part of it: the same command does nothing.
    const before = resultsIn(out)
    const again = await run('zoo', zoo, '--out', out, '--html')
    expect(again.stderr).toBe('4 were done before\n')
    expect(resultsIn(out)).toEqual(before)
  })

  test('what loops, what takes all memory and what is no model are named; the others are done', async () => {
    const zoo = await smallZoo(6)
    await writeModel(endlessModel(), join(zoo, 'net-1-endless.onnx'))
    await writeModel(hungryModel(), join(zoo, 'net-3-hungry.onnx'))
    writeFileSync(join(zoo, 'net-2-corrupt.onnx'), readFileSync(join(zoo, 'net-2.onnx')).subarray(0, 100))
    const out = folder()
    const limits = ['--time-limit', '8', '--memory-limit', '700MB']
    const { code, stdout, stderr } = await run('zoo', zoo, '--out', out, '--jobs', '2', '--json', ...limits)
    expect(code).toBe(6)
    const { models, failed } = summaryIn(out)
    expect(JSON.parse(stdout)).toEqual(summaryIn(out))
    expect(models).toHaveLength(6)
    expect(failed.map(({ name, kind }) => [name, kind])).toEqual([
      ['net-1-endless', 'time-limit'],
      ['net-2-corrupt', 'bad-file'],
      ['net-3-hungry', 'memory-limit'],
    ])
    expect(stderr.trim().split('\n')).toEqual(failed.map(({ kind, error }) => `optimize: ${kind}: ${error}`))
    expect(failed[0]!.error).toMatch(/net-1-endless\.onnx: took longer than 8 s; .*\(verifying with onnxruntime\)$/)
    expect(failed[2]!.error).toMatch(/net-3-hungry\.onnx: took more than 700 MB; .*\(verifying with onnxruntime\)$/)
    // Nothing of a failed model lies anywhere, hidden files included.
    expect(readdirSync(join(out, 'models')).filter((name) => /endless|hungry|corrupt/.test(name))).toEqual([])
    // Failures last, unless there is reason to think otherwise.
    const again = await run('zoo', zoo, '--out', out, ...limits)
    expect(again.stderr).toBe('9 were done before\n')
    expect(again.code).toBe(6)
    copyFileSync(join(zoo, 'net-2.onnx'), join(zoo, 'net-2-corrupt.onnx'))
    const mended = await run('zoo', zoo, '--out', out, ...limits, '--json')
    expect(summaryIn(out).failed.map(({ name }) => name)).toEqual(['net-1-endless', 'net-3-hungry'])
    expect(mended.code).toBe(6)
  })

  test('the journal: what changed is done again, a torn line too, nothing else', async () => {
    const zoo = await smallZoo(4)
    const out = folder()
    const again = async (...args: string[]) => {
      const { code, stderr } = await run('zoo', zoo, '--out', out, '--no-verify', ...args)
      expect(code, stderr).toBe(0)
      return [...stderr.matchAll(/ done (\S+):/g)].map(([, name]) => name).sort()
    }
    const all = ['net-0', 'net-2', 'sub/net-1', 'sub/net-3']
    expect(await again()).toEqual(all)
    expect(await again()).toEqual([])
    await writeModel(smallModel(9), join(zoo, 'net-2.onnx'))
    expect(await again()).toEqual(['net-2'])
    expect(await again('--target', 'cpu')).toEqual(all)
    expect(await again('--target', 'cpu', '--seed', '3')).toEqual(all)
    expect(await again('--target', 'cpu', '--seed', '3', '--force')).toEqual(all)
    rmSync(join(out, 'models/sub/net-3.onnx'))
    expect(await again('--target', 'cpu', '--seed', '3')).toEqual(['sub/net-3'])
  })

  test('external data belong to a model: other weights beside the same file are another model', async () => {
    const zoo = folder()
    const [one, other] = [folder(), folder()]
    // The same file, and weights that differ in content alone.
    for (const [place, phase] of [
      [one, 0],
      [other, 1],
    ] as const)
      await writeModel(largeModel(phase), join(place, 'large.onnx'), { inlineLimit: 1000 })
    expect(readFileSync(join(one, 'large.onnx')).equals(readFileSync(join(other, 'large.onnx')))).toBe(true)
    for (const name of readdirSync(one)) copyFileSync(join(one, name), join(zoo, name))
    const out = folder()
    const again = async () => (await run('zoo', zoo, '--out', out)).stderr
    expect(await again()).toMatch(/^\[1\/1\] done large/)
    expect(await again()).toBe('1 were done before\n')
    copyFileSync(join(other, 'large.onnx.data'), join(zoo, 'large.onnx.data'))
    expect(await again()).toMatch(/^\[1\/1\] done large/)
    rmSync(join(zoo, 'large.onnx.data'))
    expect(await again()).toMatch(/^\[1\/1\] external-data .*large\.onnx: .*put the data file beside the model/)
    // What is missing may come: that is looked at again.
    copyFileSync(join(one, 'large.onnx.data'), join(zoo, 'large.onnx.data'))
    expect(await again()).toMatch(/^\[1\/1\] done large/)
  })

  test('what failed is done again when asked for, or when a limit is raised', async () => {
    const zoo = await smallZoo(1)
    writeFileSync(join(zoo, 'bad.onnx'), 'no model')
    await writeModel(hungryModel(), join(zoo, 'hungry.onnx'))
    const out = folder()
    const again = async (limit: string, ...args: string[]) => {
      const { stderr } = await run('zoo', zoo, '--out', out, '--memory-limit', limit, ...args)
      return { done: stderr.match(/^\[\d/gm)?.length ?? 0, old: Number(/(\d+) were done/.exec(stderr)?.[1] ?? 0) }
    }
    expect(await again('400MB')).toEqual({ done: 3, old: 0 })
    expect(await again('400MB')).toEqual({ done: 0, old: 3 })
    expect(await again('300MB')).toEqual({ done: 0, old: 3 })
    expect(await again('500MB')).toEqual({ done: 1, old: 2 })
    expect(await again('500MB', '--retry-failed')).toEqual({ done: 2, old: 1 })
  })

  test('a journal that is cut off anywhere in its last line: that one is done again, nothing else', async () => {
    const zoo = await smallZoo(3)
    const out = folder()
    await run('zoo', zoo, '--out', out, '--no-verify')
    const journal = join(out, 'journal.jsonl')
    const whole = readFileSync(journal, 'utf8')
    const lines = whole.trimEnd().split('\n')
    const last = lines.at(-1)!
    const before = lines.slice(0, -1).join('\n')
    for (const cut of [0, 1, 40, last.length]) {
      writeFileSync(journal, `${before}\n${last.slice(0, cut)}`)
      const { code, stderr } = await run('zoo', zoo, '--out', out, '--no-verify')
      expect(code, stderr).toBe(0)
      expect(stderr.match(/\] done /g)).toHaveLength(1)
      const mended = readFileSync(journal, 'utf8')
      expect(mended.startsWith(`${before}\n`)).toBe(true)
      expect(
        mended
          .split('\n')
          .filter(Boolean)
          .map((line) => (JSON.parse(line) as { name?: string }).name),
      ).toEqual(lines.map((line) => (JSON.parse(line) as { name?: string }).name))
    }
  })

  test('a job in a used process gives what it gives in a fresh one', async () => {
    const zoo = await smallZoo(5)
    copyFileSync(join(root, 'fixtures/shapes/shapes_ibn.raw.onnx'), join(zoo, 'net-2-ibn.onnx'))
    const [together, apart] = [folder(), folder()]
    await run('zoo', zoo, '--out', together, '--jobs', '1')
    for (const name of ['net-2-ibn', 'net-4', 'sub/net-3'])
      await run('zoo', join(zoo, `${name}.onnx`), '--out', join(apart, name))
    for (const name of ['net-2-ibn', 'net-4', 'sub/net-3']) {
      const base = name.split('/').at(-1)!
      const alone = join(apart, name)
      expect(
        readFileSync(join(alone, `models/${base}.onnx`)).equals(readFileSync(join(together, `models/${name}.onnx`))),
      ).toBe(true)
      const [one, other] = [reportOf(alone, base), reportOf(together, name)].map(({ timing, result, ...rest }) => rest)
      expect(one).toEqual(other)
    }
  })

  test('killed at random moments, then resumed: the results of an undisturbed run', async () => {
    const zoo = await smallZoo(8)
    copyFileSync(join(root, 'fixtures/shapes/shapes_ibn.raw.onnx'), join(zoo, 'net-5-ibn.onnx'))
    const [whole, out] = [folder(), folder()]
    await run('zoo', zoo, '--out', whole, '--jobs', '2')
    const expected = resultsIn(whole)
    const kills = Number(process.env['ONNX_TAILOR_KILLS'] ?? 6)
    for (let i = 0; i < kills; i++) {
      const { child, result } = start('zoo', zoo, '--out', out, '--jobs', '2', ...(i % 3 === 0 ? ['--force'] : []))
      await setTimeout(150 + Math.random() * 1500)
      child.kill('SIGKILL')
      await result
      const isWhole = (name: string, bytes: Buffer) =>
        name.endsWith('.json') ? isJson(bytes) : bytes.toString('hex') === expected.get(name)
      expect(partialFilesIn(out, isWhole)).toEqual([])
    }
    const { code, stderr } = await run('zoo', zoo, '--out', out, '--jobs', '2')
    expect(code, stderr).toBe(0)
    const found = resultsIn(out)
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [name, content] of expected)
      expect(sameApartFromFolder(found.get(name)!, out), name).toBe(sameApartFromFolder(content, whole))
  }, 600_000)

  test('Ctrl-C: code 130, nothing half-written, and the rest the next time', async () => {
    const zoo = await smallZoo(12)
    const out = folder()
    const { child, result } = start('zoo', zoo, '--out', out, '--jobs', '1')
    child.stderr!.once('data', () => child.kill('SIGINT'))
    const { code, stderr } = await result
    expect(code).toBe(130)
    expect(stderr).toMatch(/interrupted; the same command goes on where it stopped\n$/)
    expect(readdirSync(out).sort()).toEqual(['journal.jsonl', 'models', 'reports'])
    expect(readdirSync(join(out, 'models')).filter((name) => name.startsWith('.'))).toEqual([])
    const { stderr: rest } = await run('zoo', zoo, '--out', out)
    const old = Number(/(\d+) were done before/.exec(rest)?.[1])
    expect(old).toBeGreaterThan(0)
    expect(rest.match(/\] done /g)).toHaveLength(12 - old)
  })

  test('two runs into one folder: the second is refused while the first is alive', async () => {
    const zoo = await smallZoo(8)
    const out = folder()
    const first = start('zoo', zoo, '--out', out, '--jobs', '1')
    await new Promise((resolve) => first.child.stderr!.once('data', resolve))
    const second = await run('zoo', zoo, '--out', out)
    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(/zoo\.lock: --out: another run \(process \d+\) writes there; wait for it/)
    expect((await first.result).code).toBe(0)
  })

  test('a manifest: options for each model, paths seen from it', async () => {
    const place = folder()
    mkdirSync(join(place, 'nets'))
    copyFileSync(join(root, 'fixtures/shapes/shapes_ibn.raw.onnx'), join(place, 'nets/ibn.onnx'))
    copyFileSync(join(root, 'fixtures/shapes/recipe.json'), join(place, 'recipe.json'))
    await writeModel(smallModel(0), join(place, 'nets/small.onnx'))
    const manifest = join(place, 'zoo.json')
    const models = [
      'nets/small.onnx',
      { model: 'nets/ibn.onnx', name: 'batch of 4', shape: { image: [4, 3, 48, 48] }, freeze: true },
      { model: 'nets/ibn.onnx', name: 'tailored', recipe: 'recipe.json', bestEffort: true, target: 'ethos-u55-256' },
      { model: 'nets/ibn.onnx', name: 'impossible', shape: { image: [1, 5, 48, 48] } },
      { model: 'nets/none.onnx' },
      // Nobody ever writes into it.
      { model: 'nets/pipe.onnx' },
    ]
    execFileSync('mkfifo', [join(place, 'nets/pipe.onnx')])
    writeFileSync(manifest, JSON.stringify({ manifestVersion: 1, defaults: { verify: false, target: 'cpu' }, models }))
    const validate = schemaValidator('zoo-manifest.schema.json')
    expect(validate(JSON.parse(readFileSync(manifest, 'utf8'))), JSON.stringify(validate.errors)).toBe(true)
    const out = join(place, 'out')
    const { code } = await run('zoo', manifest, '--out', out)
    expect(code).toBe(6)
    const { models: done, failed } = summaryIn(out)
    expect(done.map(({ name, target, verdict }) => [name, target, verdict]).sort()).toEqual([
      ['batch of 4', 'cpu', 'skipped'],
      ['small', 'cpu', 'skipped'],
      ['tailored', 'ethos-u55-256', 'skipped'],
    ])
    expect(reportOf(out, 'tailored').decisions.length).toBeGreaterThan(0)
    expect((await run('check', join(out, 'models/batch of 4.onnx'))).stdout).toContain('image float32[4, 3, 48, 48]')
    expect(failed.map(({ name, kind }) => [name, kind])).toEqual([
      ['impossible', 'usage'],
      ['none', 'bad-file'],
      ['pipe', 'bad-file'],
    ])
    // A flag counts for models that do not say otherwise.
    await run('zoo', manifest, '--out', out, '--target', 'neural-engine')
    const targets = summaryIn(out).models.map(({ name, target }) => [name, target])
    expect(targets.sort()[0]).toEqual(['batch of 4', 'neural-engine'])
    expect(targets.sort()[2]).toEqual(['tailored', 'ethos-u55-256'])
  })

  test.each<[string, (place: string) => string[], RegExp]>([
    ['no models', (place) => [place, '--out', join(place, 'out')], /no \.onnx file in this folder/],
    [
      'no such option',
      (place) => [written(place, { models: [{ model: 'a.onnx', fast: true }] })],
      /\/models\/0: unknown property "fast"/,
    ],
    [
      'a wrong value',
      (place) => [written(place, { models: [{ model: 'a.onnx', batch: 0 }] })],
      /\/models\/0\/batch: must be >= 1, found 0/,
    ],
    [
      'a name that leaves the folder',
      (place) => [written(place, { models: [{ model: 'a.onnx', name: '../a' }] })],
      /\/models\/0\/name: must match/,
    ],
    [
      'two of a name',
      (place) => [written(place, { models: ['a.onnx', { model: 'b.onnx', name: 'A' }] })],
      /b\.onnx: would be called "A", as .*a\.onnx is/,
    ],
    [
      'a model for all',
      (place) => [written(place, { defaults: { model: 'x' }, models: ['a.onnx'] })],
      /\/defaults\/model: belongs to one model/,
    ],
    ['no number of jobs', (place) => [place, '--jobs', '0'], /--jobs: 0 is no number/],
    [
      'no size',
      (place) => [written(place, { models: ['a.onnx'] }), '--memory-limit', '2 parsecs'],
      /--memory-limit: cannot use "2 parsecs"/,
    ],
    [
      'no target',
      (place) => [written(place, { models: [{ model: 'a.onnx', target: 'abacus' }] })],
      /no target "abacus"/,
    ],
  ])('%s: one line', async (_, make, message) => {
    const place = folder()
    const { code, stderr, stdout } = await run('zoo', ...make(place), '--out', join(place, 'out'))
    expect([2, 3]).toContain(code)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(message)
    expect(stdout).toBe('')
  })

  test('a folder with a journal of something else is left alone', async () => {
    const zoo = await smallZoo(1)
    const out = folder()
    appendFileSync(join(out, 'journal.jsonl'), '{"some":"log"}\n')
    const { code, stderr } = await run('zoo', zoo, '--out', out)
    expect(code).toBe(3)
    expect(stderr).toMatch(/journal\.jsonl: not a journal of this version/)
    expect(readFileSync(join(out, 'journal.jsonl'), 'utf8')).toBe('{"some":"log"}\n')
  })
})

/** A manifest with these models. */
function written(place: string, content: object): string {
  const file = join(place, 'zoo.json')
  writeFileSync(file, JSON.stringify({ manifestVersion: 1, ...content }))
  return file
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}

/** Reports name the files they are about. */
const sameApartFromFolder = (content: string, out: string): string => content.replaceAll(out, 'OUT')
