import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { toProto } from '../src/export/to-proto.js'
import { buildModel } from '../src/ir/build.js'
import { Tensor } from '../src/ir/tensor.js'
import { encodeModel } from '../src/onnx/codec.js'
import type { Recipe } from '../src/passes/architecture/decision.js'
import { validateRecipe } from '../src/passes/architecture/recipe-file.js'
import type { Advice } from '../src/report/advice.js'
import type { Comparison } from '../src/report/comparison.js'
import type { Report } from '../src/report/report.js'

/** The program as a user runs it: built, in a process of its own. */
const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const raw = join(root, 'fixtures/shapes/shapes_ibn.raw.onnx')

interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const run = (...args: string[]): Promise<Result> =>
  new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1' }
    const child = execFile(process.execPath, [main, ...args], { env, maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

const folder = () => mkdtempSync(join(tmpdir(), 'optimize-'))

describe('optimize <model>', () => {
  test('tailors a trained network, verifies it and reports', async () => {
    const out = join(folder(), 'out.onnx')
    const report = join(folder(), 'report.json')
    const markdown = join(folder(), 'report.md')
    const { code, stdout, stderr } = await run(raw, '--out', out, '--report', report, '--markdown', markdown)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/verified: the output agrees/)
    expect(stdout).toContain('fold-batch-normalization')
    const record = JSON.parse(readFileSync(report, 'utf8')) as {
      after: { latencyMs: number }
      result: { nodes: number }
      model: { nodes: number }
    }
    expect(record.result.nodes).toBeLessThan(record.model.nodes)
    const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
    const validate = new Make({ strict: false }).compile(
      JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8')) as object,
    )
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
    expect(readFileSync(markdown, 'utf8')).toContain('| latency |')
    // No staging folder is left behind.
    expect(readdirSync(join(out, '..'))).toEqual(['out.onnx'])
  })

  test('the same input gives the same bytes, and a result is not changed again', async () => {
    const place = folder()
    await run(raw, '--no-verify', '--out', join(place, 'a.onnx'))
    await run(raw, '--no-verify', '--out', join(place, 'b.onnx'))
    await run(join(place, 'a.onnx'), '--no-verify', '--out', join(place, 'c.onnx'))
    const [a, b, c] = ['a', 'b', 'c'].map((name) => readFileSync(join(place, `${name}.onnx`)))
    expect(a!.equals(b!)).toBe(true)
    expect(c!.equals(a!)).toBe(true)
  })

  test('--json prints the report and nothing else; the default output name is beside the model', async () => {
    const place = folder()
    copyFileSync(raw, join(place, 'net.onnx'))
    const { stdout, code } = await run(join(place, 'net.onnx'), '--json', '--target', 'cpu')
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as { verification: { verdict: string } }).verification.verdict).toBe('agrees')
    expect(existsSync(join(place, 'net.tailored.onnx'))).toBe(true)
  })

  test('--batch with --freeze fixes the batch; without it the symbol stays', async () => {
    const place = folder()
    await run(raw, '--no-verify', '--batch', '4', '--out', join(place, 'free.onnx'))
    await run(raw, '--no-verify', '--batch', '4', '--freeze', '--out', join(place, 'fixed.onnx'))
    expect((await run('check', join(place, 'free.onnx'))).stdout).toMatch(/in +image float32\[(?!4)\w+, 3, 48, 48\]/)
    const fixed = (await run('check', join(place, 'fixed.onnx'))).stdout
    expect(fixed).toContain('image float32[4, 3, 48, 48]')
    expect(fixed).toContain('logits float32[4, 10]')
  })

  test.each<[string, string[], number, RegExp]>([
    ['a file that is not there', ['none.onnx'], 3, /none\.onnx: .*check the path/],
    ['a file that is no model', [fileURLToPath(import.meta.url)], 3, /not a readable ONNX model/],
    ['writing over the input', [raw, '--out', raw], 2, /would overwrite the input/],
    ['an unknown flag', [raw, '--fast'], 2, /fast/i],
    ['an unknown target', [raw, '--target', 'abacus'], 2, /no target "abacus"/],
    ['a shape for no input', [raw, '--shape', 'x=1'], 2, /--shape: cannot use "x=1"; .*image float32/],
    ['a folder that is not there', [raw, '--no-verify', '--out', '/no/such/folder/x.onnx'], 3, /no\/such\/folder/],
    ['data that is not there', [raw, '--data', 'none.npy'], 3, /none\.npy/],
  ])('%s: exit code and one line', async (_, args, code, message) => {
    const result = await run(...args)
    expect(result.code).toBe(code)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.stderr).toMatch(message)
    expect(result.stdout).toBe('')
  })

  test('verifies on data of the user', async () => {
    const place = folder()
    const { dump } = await import('npyjs')
    const image = Float32Array.from({ length: 2 * 3 * 48 * 48 }, (_, i) => Math.sin(i))
    writeFileSync(join(place, 'x.npy'), Buffer.from(dump(image, [2, 3, 48, 48])))
    const good = await run(raw, '--data', join(place, 'x.npy'), '--out', join(place, 'out.onnx'))
    expect(good.code, good.stderr).toBe(0)
    writeFileSync(join(place, 'y.npy'), Buffer.from(dump(image, [2, 48, 48, 3])))
    const bad = await run(raw, '--data', join(place, 'y.npy'), '--out', join(place, 'bad.onnx'))
    expect(bad.code).toBe(3)
    expect(bad.stderr).toMatch(/y\.npy: image: float32\[2, 48, 48, 3\] for an input float32/)
    expect(existsSync(join(place, 'bad.onnx'))).toBe(false)
  })

  test('Ctrl-C leaves no partial file', async () => {
    const place = folder()
    const child = execFile(process.execPath, [main, raw, '--out', join(place, 'out.onnx')])
    const closed = new Promise<number | null>((resolve) => child.on('exit', resolve))
    setTimeout(() => child.kill('SIGINT'), 350)
    const code = await closed
    // It may have been faster than the interruption; then the file is whole.
    if (code === 0) expect(readdirSync(place)).toEqual(['out.onnx'])
    else {
      // null: it had not come to the point yet where it listens.
      expect([130, null]).toContain(code)
      expect(readdirSync(place)).toEqual([])
    }
  })
})

describe('the other commands', () => {
  test('help is the page the parser lays out, with examples and exit codes', async () => {
    const { stdout, code } = await run('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('optimize profile <models..>')
    expect(stdout).toContain('Exit codes:')
    for (const command of ['profile', 'advise', 'check', 'diff', 'targets'])
      expect((await run(command, '--help')).stdout).toContain('Examples:')
  })

  test('profile: slowest kernels, totals, JSON', async () => {
    const text = await run('profile', raw, '--kernels', '3')
    expect(text.stdout).toMatch(/latency 0\.\d+ ms in int8/)
    const json = JSON.parse((await run('profile', raw, '--json')).stdout) as { metrics: { macs: number } }
    expect(json.metrics.macs).toBeGreaterThan(1e7)
  })

  test('--html: a page beside the report, and one of a profile; not one of several models', async () => {
    const place = folder()
    const files = ['report.html', 'profile.html'].map((name) => join(place, name)) as [string, string]
    const report = await run(raw, '--no-verify', '--quiet', '--out', join(place, 'out.onnx'), '--html', files[0])
    expect(report.code, report.stderr).toBe(0)
    const profile = await run('profile', raw, '--html', files[1])
    expect(profile.code, profile.stderr).toBe(0)
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      expect(text).toMatch(/^<!doctype html>[\s\S]*shapes_ibn\.raw\.onnx[\s\S]*<\/html>\n$/)
      expect(text).not.toMatch(/(src|href)="(?!#|data:)/)
    }
    const several = await run('profile', raw, '--target', 'cpu,neural-engine', '--html', files[1])
    expect(several.code).toBe(2)
    expect(several.stderr).toMatch(/--html: a page is of one model on one target; profile them one by one/)
  })

  test('profile of models on candidates: tables, a ranking, and models that fail', async () => {
    const place = folder()
    mkdirSync(join(place, 'zoo'))
    copyFileSync(raw, join(place, 'zoo', 'a.onnx'))
    writeFileSync(join(place, 'zoo', 'broken.onnx'), 'not a model')
    const engine = JSON.parse((await run('targets', 'neural-engine')).stdout) as Record<string, unknown>
    const chip = join(place, 'chip.json')
    const array = { inputLanes: 16, outputLanes: 16, depthwiseChannels: 16 }
    writeFileSync(chip, JSON.stringify({ ...engine, name: 'chip', array }))
    const text = await run('profile', raw, join(place, 'zoo'), '--target', `neural-engine,${chip},systolic-32x32-os`)
    expect(text.code).toBe(6)
    expect(text.stdout).toMatch(/1 of 3 models failed/)
    expect(text.stdout).toMatch(/ranking over 2 models/)
    expect(text.stdout).toMatch(/1 +neural-engine +x 1\.00/)
    expect(text.stderr).toMatch(/^optimize: .*broken\.onnx: /)
    const json = await run('profile', raw, '--json', '--target', `${chip},neural-engine`)
    expect(json.code).toBe(0)
    const { targets, models, ranking } = JSON.parse(json.stdout) as Comparison
    expect(targets.map(({ name }) => name)).toEqual(['chip', 'neural-engine'])
    expect(targets[0]!.area).toEqual({ macs: 256, sramBytes: 1048576, macEquivalents: 256 + 10485.76 })
    expect(models[0]!.results[0]!.latencyMs).toBeGreaterThan(models[0]!.results[1]!.latencyMs)
    expect(ranking[0]!.name).toBe('neural-engine')
  })

  test.each<[string, string[], number, RegExp]>([
    ['a model that is none', ['profile', 'none.onnx', '--target', 'neural-engine,systolic-16x16-ws'], 3, /none\.onnx/],
    ['a folder without models', ['profile', join(root, 'docs')], 3, /docs: no \.onnx file in this folder/],
    ['one unknown target of two', ['profile', raw, '--target', 'neural-engine,abacus'], 2, /no target "abacus"/],
    ['no target', ['profile', raw, '--target', ','], 2, /--target: no target given/],
    [
      'a shape for none of the models',
      ['profile', raw, raw, '--shape', 'x=1', '-t', 'neural-engine,systolic-16x16-ws'],
      2,
      /"x=1"/,
    ],
  ])('profile with %s: exit code and one line', async (_, args, code, message) => {
    const result = await run(...args)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.stderr).toMatch(message)
    expect(result.code).toBe(code)
  })

  test('targets: a bad file names file, place, expectation and value', async () => {
    const file = join(folder(), 'bad.json')
    const engine = JSON.parse((await run('targets', 'neural-engine')).stdout) as Record<string, unknown>
    writeFileSync(file, JSON.stringify({ ...engine, clockGHz: -1 }))
    const { code, stderr } = await run('targets', file)
    expect(code).toBe(3)
    expect(stderr).toMatch(/bad\.json: \/clockGHz: must be > 0, found -1; see docs\/targets\.md/)
  })

  test('diff: figures, assertions, exit code 7', async () => {
    const out = join(folder(), 'out.onnx')
    await run(raw, '--no-verify', '--out', out)
    const good = await run('diff', raw, out, '--assert', 'nodes<=-10%', '--format', 'json')
    expect(good.code).toBe(0)
    expect((JSON.parse(good.stdout) as { assertions: { holds: boolean }[] }).assertions[0]!.holds).toBe(true)
    const bad = await run('diff', raw, out, '--assert', 'nodes<=5', '--format', 'markdown')
    expect(bad.code).toBe(7)
    expect(bad.stderr).toMatch(/nodes<=5 does not hold/)
    expect(bad.stdout).toContain('| nodes |')
  })

  test('targets: list, show', async () => {
    expect((await run('targets')).stdout).toMatch(/neural-engine +dot-product-array/)
    expect((JSON.parse((await run('targets', 'cpu')).stdout) as { name: string }).name).toBe('cpu')
  })
})

describe('check on data', () => {
  const net = join(root, 'fixtures/shapes/shapes_ibn.onnx')
  const images = join(root, 'fixtures/shapes/test')

  test('the accuracy of one model, with its interval', async () => {
    const { code, stdout, stderr } = await run('check', net, '--data', images, '--preprocess', 'tensorflow')
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/accuracy on .*shapes.test, 600 samples/)
    expect(stdout).toMatch(/top-1 accuracy +94\.33 % +92\.\d\d % to 96\.\d\d %/)
  })

  test('two models: both accuracies, the drop and the gate, as the schema says', async () => {
    const place = folder()
    const preprocess = join(place, 'preprocess.json')
    writeFileSync(preprocess, JSON.stringify({ preprocessVersion: 1, scaling: { divisor: 127.5, mean: 1 } }))
    const same = await run('check', raw, net, '--data', images, '--preprocess', preprocess, '--max-drop', '0', '--json')
    expect(same.code, same.stderr).toBe(0)
    const { accuracy } = JSON.parse(same.stdout) as AccuracyRecord
    expect(accuracy.samples).toBe(600)
    expect(accuracy.comparisons[0]).toMatchObject({ drop: 0, gate: { verdict: 'passed' } })
    expect(accuracy.comparisons[0]!.before).toBeCloseTo(566 / 600, 12)
    const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
    const { definitions } = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8')) as object & Defined
    const validate = new Make({ strict: false }).compile({ $ref: '#/definitions/accuracy', definitions })
    expect(validate(accuracy.comparisons[0]), JSON.stringify(validate.errors)).toBe(true)

    // One that knows only the mean colour.
    const colours = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i))
    const guess = buildModel((g) => {
      const mean = g.op('ReduceMean', [g.input('image', 'float32', ['n', 3, 48, 48])], { axes: [2, 3], keepdims: 0 })
      g.output(g.op('MatMul', [mean, g.constant(Tensor.fromArray('float32', [3, 10], colours))]), 'logits')
    })
    writeFileSync(join(place, 'guess.onnx'), Buffer.concat(encodeModel(toProto(guess))))
    const args = ['check', net, join(place, 'guess.onnx'), '--data', images, '--preprocess', 'tensorflow']
    const worse = await run(...args, '--max-drop', '0.01')
    expect(worse.code).toBe(5)
    expect(worse.stdout).toMatch(
      /top-1 accuracy +94\.33 % +\d+\.\d\d % +\d+\.\d\d points +\d+\.\d\d to \d+\.\d\d points/,
    )
    expect(worse.stderr).toMatch(/^optimize: .*guess\.onnx: top-1 accuracy: the drop is 0\.\d+, allowed 0\.01\n$/)
    // Without a limit it is only told.
    expect((await run(...args)).code).toBe(0)
  })

  test.each<[string, string[], number, RegExp]>([
    ['no scaling', ['--data', images], 3, /nothing says how pixels .* give --preprocess imagenet, tensorflow/],
    ['an unknown preset', ['--data', images, '--preprocess', 'caffe'], 2, /no preset "caffe"; use one of imagenet/],
    ['a metric of other labels', ['--data', images, '--preprocess', 'unit', '--metric', 'miou'], 2, /miou needs masks/],
    [
      'a limit for one model',
      ['--data', images, '--preprocess', 'unit', '--max-drop', '0.1'],
      2,
      /no drop of one model/,
    ],
    ['labels without data', ['--labels', 'y.npy'], 2, /--labels: it does nothing without --data/],
    ['no such data', ['--data', 'none.npz'], 3, /none\.npz: .*check the path given to --data/],
  ])('%s: exit code and one line', async (_, args, code, message) => {
    const result = await run('check', net, ...args)
    expect(result.code).toBe(code)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.stderr).toMatch(message)
  })

  test('a preprocess.json that is wrong names file, path, expectation and value', async () => {
    const file = join(folder(), 'preprocess.json')
    writeFileSync(file, JSON.stringify({ preprocessVersion: 1, fit: 'stretch' }))
    const { code, stderr } = await run('check', net, '--data', images, '--preprocess', file)
    expect(code).toBe(3)
    expect(stderr).toMatch(
      /preprocess\.json: \/fit: must be one of crop, squash, pad, found "stretch"; see docs\/data\.md/,
    )
  })
})

/** A report is what its schema says. */
function expectValid(report: Report): void {
  const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
  const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8')) as object
  const validate = new Make({ strict: false }).compile(schema)
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
}

describe('searches', () => {
  const wanted = ['--search', 'exact', '--budget', 'latency=70%,activations=60%', '--best-effort']

  test('the best within a budget is found, proved, applied and reported', async () => {
    const place = folder()
    const files = ['--out', join(place, 'out.onnx'), '--report', join(place, 'report.json')]
    const { code, stdout, stderr } = await run(raw, ...wanted, ...files, '--markdown', join(place, 'report.md'))
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/exact search of \d\.\de\+\d+ candidates \(\d+ choices: widths, blocks\)/)
    expect(stdout).toMatch(/proved: no candidate loses less than 0\.\d+ \(gap 0\.000 %\)/)
    expect(stdout).toMatch(/losses are a proxy, since nothing was measured/)
    const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
    expectValid(report)
    const { before, after, search, decisions } = report
    if (search.algorithm === 'none') throw new Error('nothing was searched')
    expect(after.latencyMs).toBeLessThanOrEqual(0.7 * before.latencyMs + 1e-6)
    expect(after.peakActivationBytes).toBeLessThanOrEqual(0.6 * before.peakActivationBytes)
    // Scored without being built, and the same once it is.
    expect(search.best.latencyMs).toBeCloseTo(after.latencyMs, 9)
    expect(search.best.weightBytes).toBe(after.weightBytes)
    expect(decisions.map(({ decision }) => decision)).toEqual(search.best.decisions)
    expect(search.landscape.flatMap(({ others }) => others.map(({ why }) => why))).not.toContain('missed')
    expect(readFileSync(join(place, 'report.md'), 'utf8')).toContain('## Search')
  })

  test('constraints of an expert and models on the same device are kept to, and reported', async () => {
    const place = folder()
    const expert = join(place, 'expert.json')
    const constraints = [
      { kind: 'pin', blocks: '0-1', form: 'fused' },
      { kind: 'bound', groups: '*', multipleOf: 16, orAsIs: true },
    ]
    writeFileSync(expert, JSON.stringify({ expertVersion: 1, constraints }))
    const files = ['--out', join(place, 'out.onnx'), '--report', join(place, 'report.json')]
    const asked = ['--search', 'evolution', '--evaluations', '2000', '--expert', expert, '--co-resident', raw]
    const { code, stdout, stderr } = await run(raw, ...asked, '--budget', 'memory=420KB', '--best-effort', ...files)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/expert: pin blocks 0-1: fused \(2 places, \d+ options closed\)/)
    expect(stdout).toMatch(/beside .*shapes_ibn\.raw\.onnx: weights \d+ kB, peak activations \d+ kB/)
    const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
    expectValid(report)
    const { before, after, search } = report
    if (search.algorithm === 'none') throw new Error('nothing was searched')
    expect(search.best.decisions.slice(0, 2)).toEqual(
      [0, 1].map((block) => ({ kind: 'block', block, alternative: 'fused' })),
    )
    for (const decision of search.best.decisions)
      if (decision.kind === 'width') expect(decision.size % 16, JSON.stringify(decision)).toBe(0)
    expect(search.landscape.flatMap(({ others }) => others.map(({ why }) => why))).toContain('ruled out')
    const { models, left } = search.coResidents!
    expect(models[0]).toMatchObject({
      weightBytes: before.weightBytes,
      peakActivationBytes: before.peakActivationBytes,
    })
    expect(left.memoryBytes).toBe(420_000 - before.weightBytes)
    const peak = Math.max(after.peakActivationBytes, before.peakActivationBytes)
    expect(after.weightBytes + before.weightBytes + peak).toBeLessThanOrEqual(420_000)
  })

  test('a recipe that was found is saved, and another search begins with it', async () => {
    const place = folder()
    const recipe = join(place, 'recipe.json')
    const files = ['--out', join(place, 'out.onnx'), '--best-effort', '--no-verify']
    const within = ['--space', 'blocks', '--budget', 'latency=70%']
    const found = await run(
      raw,
      '--search',
      'evolution',
      '--evaluations',
      '500',
      ...within,
      ...files,
      '--save-recipe',
      recipe,
    )
    expect(found.code, found.stderr).toBe(0)
    const saved = JSON.parse(readFileSync(recipe, 'utf8')) as Recipe
    expect(validateRecipe(saved)).toBeUndefined()
    const strange = { kind: 'block', block: 'nowhere', alternative: 'fused' } as const
    writeFileSync(recipe, JSON.stringify({ ...saved, decisions: [...saved.decisions, strange] }))
    const asked = ['--search', 'evolution', '--evaluations', '64', '--recipe', recipe]
    const begun = await run(raw, ...asked, ...within, ...files, '--report', join(place, 'report.json'))
    expect(begun.code, begun.stderr).toBe(0)
    expect(begun.stdout).toMatch(/begun with a recipe: \d by name; 1 of its decisions this model does not have/)
    const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
    expectValid(report)
    const { search, warnings } = report
    if (search.algorithm === 'none') throw new Error('nothing was searched')
    expect(search.start!.taken.map(({ as }) => as)).toEqual(saved.decisions)
    expect(search.trajectory[0]!.evaluations).toBe(1)
    expect(warnings.filter((text) => text.startsWith('not begun with'))).toEqual([
      'not begun with block nowhere: fused: unknown-block: block "nowhere"',
    ])
  })

  test('an evolution is the same for the same seed', async () => {
    const place = folder()
    const search = [
      '--search',
      'evolution',
      '--space',
      'blocks',
      '--evaluations',
      '2000',
      '--best-effort',
      '--no-verify',
    ]
    const outcome = async (name: string, seed: string) => {
      const files = ['--out', join(place, `${name}.onnx`), '--report', join(place, `${name}.json`)]
      const { code, stderr } = await run(raw, ...search, '--seed', seed, ...files)
      expect(code, stderr).toBe(0)
      return (JSON.parse(readFileSync(join(place, `${name}.json`), 'utf8')) as Report).search
    }
    const first = await outcome('first', '3')
    expect(await outcome('second', '3')).toEqual(first)
    expect(first).toMatchObject({ algorithm: 'evolution', seed: 3, evaluations: 2000, proof: null })
  })

  test.each<[string, string[], number, RegExp]>([
    [
      'a budget that nothing keeps',
      ['--search', 'exact', '--budget', 'latency=1%'],
      5,
      /no candidate keeps the budgets: proved/,
    ],
    [
      'a search that nothing could judge',
      ['--search', 'exact', '--budget', 'latency=70%'],
      2,
      /--search: the recipe is lossy/,
    ],
    [
      'an exact search without a budget',
      ['--search', 'exact'],
      2,
      /--search exact: there is no budget; give one with --budget/,
    ],
    ['an expert without a search', ['--expert', 'e.json'], 2, /--expert: nothing is searched/],
    [
      'an expert who is not there',
      ['--search', 'evolution', '--expert', 'none.json'],
      3,
      /none\.json: ENOENT.*check the path given to --expert/,
    ],
    [
      'models on one device of which nobody knows the memory',
      ['--search', 'evolution', '--co-resident', raw],
      2,
      /nobody says how much memory there is: neural-engine does not/,
    ],
    [
      'a model that leaves nothing of the device',
      ['--search', 'evolution', '--co-resident', raw, '--budget', 'memory=200KB'],
      5,
      /--co-resident: .* leave nothing of 200000; allow more/,
    ],
    ['a budget without a search', ['--budget', 'latency=1ms'], 2, /--budget: nothing is searched/],
    [
      'a budget that is none',
      ['--search', 'evolution', '--budget', 'speed=2ms'],
      2,
      /no budget for "speed"; use latency,/,
    ],
    ['a part of a space that is none', ['--search', 'evolution', '--space', 'depth'], 2, /--space: no part "depth"/],
    [
      'a recipe for an exact search',
      ['--search', 'exact', '--recipe', 'r.json'],
      2,
      /--recipe: an exact search begins with nothing; leave it out/,
    ],
    [
      'a recipe to be saved that nobody looks for',
      ['--save-recipe', 'r.json'],
      2,
      /--save-recipe: nothing is searched; say how/,
    ],
  ])('%s: exit code and one line', async (_, args, code, message) => {
    const place = folder()
    const result = await run(raw, ...args, '--out', join(place, 'out.onnx'))
    expect(result.code).toBe(code)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.stderr).toMatch(message)
    expect(readdirSync(place)).toEqual([])
  })
})

describe('recipes', () => {
  const shapes = join(root, 'fixtures/shapes')
  /** The first images of every class, in class folders of their own. */
  const firstOf = (part: string, count: number): string => {
    const place = folder()
    for (const name of readdirSync(join(shapes, part))) {
      mkdirSync(join(place, name))
      for (const image of readdirSync(join(shapes, part, name))
        .sort()
        .slice(0, count))
        copyFileSync(join(shapes, part, name, image), join(place, name, image))
    }
    return place
  }
  const calibration = join(shapes, 'calibration')
  const scaled = ['--preprocess', 'tensorflow']
  const recipe = (place: string, ...decisions: object[]) => {
    const file = join(place, 'recipe.json')
    writeFileSync(file, JSON.stringify({ recipeVersion: 1, decisions }))
    return file
  }
  const fused = (block: number) => ({ kind: 'block', block, alternative: 'fused' })
  const middle = '/3/body/body.0/body.0.0/Conv_output_0'

  test('decisions are applied, refitted, judged and reported; the result is of the new architecture', async () => {
    const place = folder()
    const out = join(place, 'out.onnx')
    const file = recipe(place, fused(0), { kind: 'width', group: middle, size: 96 })
    const data = ['--data', firstOf('calibration', 12), '--test-data', firstOf('test', 20), ...scaled]
    const files = ['--out', out, '--report', join(place, 'report.json'), '--markdown', join(place, 'report.md')]
    const { code, stdout, stderr } = await run(raw, '--recipe', file, '--max-drop', '0.05', ...data, ...files)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/fused: block 0 .* 1x1 of 16 to 64, depthwise 3x3 of 64 -> 3x3 of 16 to 64 +lossy/)
    expect(stdout).toMatch(/not verified: the recipe is lossy: it runs, and accuracy decides/)
    expect(stdout).toMatch(/passed: the drop is/)
    const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
    const { Ajv: Make } = createRequire(import.meta.url)('ajv') as { Ajv: new (options: object) => Ajv }
    const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8')) as object
    const validate = new Make({ strict: false }).compile(schema)
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true)
    expect(report.decisions.map(({ from, to }) => [from, to])[1]).toEqual(['120', '96'])
    const [first, second] = report.decisions
    expect(second!.before).toEqual(first!.after)
    // Judged on what the fit has not seen, and close to the original; the algebra alone gives more noise than signal.
    expect(first!.fidelity!.nsr).toBeLessThan(0.1)
    expect(first!.fit!.regularisation).toBeGreaterThan(0)
    expect(report.accuracy).toMatchObject({ samples: 200, gate: { verdict: 'passed' } })
    expect(readFileSync(join(place, 'report.md'), 'utf8')).toContain('## Decisions')
    expect((await run('check', out)).stdout).toMatch(/logits/)
    const same = join(place, 'same.json')
    writeFileSync(same, JSON.stringify({ ...report, decisions: report.decisions.slice(0, 1) }))
    expect((await run('diff', same, join(place, 'report.json'))).stdout).toMatch(/only after +width: 120 channels/)
  })

  test('a result that lost too much is not written, unless asked for', async () => {
    const place = folder()
    const out = join(place, 'out.onnx')
    const file = recipe(place, fused(0), fused(1))
    const args = [raw, '--recipe', file, '--tune', 'none', '--data', calibration, ...scaled, '--out', out]
    const refused = await run(...args, '--report', join(place, 'report.json'))
    expect(refused.code).toBe(5)
    expect(refused.stderr).toMatch(/the accuracy gate failed, nothing was written: the drop is 0\.\d+, allowed 0\.01/)
    expect(readdirSync(place).sort()).toEqual(['recipe.json', 'report.json'])
    const report = JSON.parse(readFileSync(join(place, 'report.json'), 'utf8')) as Report
    expect(report.result).toBeNull()
    expect(report.accuracy!.samples).toBe(60)
    const written = await run(...args, '--best-effort')
    expect(written.code, written.stderr).toBe(0)
    expect(written.stdout).toMatch(/warning: written all the same: the drop is/)
    expect(existsSync(out)).toBe(true)
  })

  test('channels are chosen by what they carry where there is data: nothing refitted, more is left than by weights', async () => {
    const place = folder()
    const file = recipe(place, { kind: 'depth-multiplier', ratio: 0.75, multipleOf: 4 })
    const data = ['--data', calibration, ...scaled]
    const rest = ['--tune', 'none', '--best-effort', '--json', '--out', join(place, 'out.onnx')]
    const drop = async (...scores: string[]) => {
      const { code, stdout, stderr } = await run(raw, '--recipe', file, ...data, ...scores, ...rest)
      expect(code, stderr).toBe(0)
      return (JSON.parse(stdout) as Report).accuracy!.drop
    }
    expect(await drop()).toBeLessThan((await drop('--channel-scores', 'weights')) - 0.1)
  })

  test('Ctrl-C while weights are refitted leaves neither a result nor what was run on the way', async () => {
    const place = folder()
    const temporary = join(place, 'tmp')
    mkdirSync(temporary)
    const args = ['--recipe', recipe(place, fused(0), fused(1)), '--data', calibration, ...scaled]
    const env = { ...process.env, TMPDIR: temporary }
    const child = execFile(process.execPath, [main, raw, ...args, '--out', join(place, 'out.onnx')], { env })
    const closed = new Promise<number | null>((resolve) => child.on('exit', resolve))
    // Models are run from there; onnxruntime keeps files of its own beside them.
    const probes = () => readdirSync(temporary).filter((name) => name.includes('probe'))
    while (probes().length === 0 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20))
    child.kill('SIGINT')
    expect(await closed).toBe(130)
    expect(readdirSync(place).sort()).toEqual(['recipe.json', 'tmp'])
    expect(probes()).toEqual([])
  })

  test('a recipe that keeps the function is verified as any other result, without data', async () => {
    const place = folder()
    const file = recipe(place, { kind: 'width', group: middle, size: 128 })
    const { code, stdout, stderr } = await run(raw, '--recipe', file, '--out', join(place, 'out.onnx'))
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/120 -> 128 +rounding/)
    expect(stdout).toMatch(/verified: the output agrees/)
  })

  test('another resolution is judged on the same samples in its own size', async () => {
    const place = folder()
    const file = recipe(place, { kind: 'resolution', input: 'image', height: 40, width: 40 })
    const out = join(place, 'out.onnx')
    const args = ['--data', join(shapes, 'test'), ...scaled, '--max-drop', '0.5', '--out', out]
    const { code, stdout, stderr } = await run(raw, '--recipe', file, ...args)
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/resolution: input "image" +float32\[\w+, 3, 48, 48\] -> float32\[\w+, 3, 40, 40\]/)
    expect(stdout).toMatch(/top-1 accuracy +9\d\.\d\d % +\d\d\.\d\d %/)
    expect((await run('check', out)).stdout).toMatch(/in +image float32\[\w+, 3, 40, 40\]/)
  })

  test.each<[string, (place: string) => string[], number, RegExp]>([
    ['a lossy recipe without data', (place) => [recipe(place, fused(0))], 2, /the recipe is lossy, .* --best-effort/],
    [
      'an impossible decision',
      (place) => [recipe(place, fused(0), fused(7)), '--best-effort'],
      3,
      /recipe\.json: \/decisions\/1: fused is not possible: block 7 \(unknown-block\); give one of 0 to 6/,
    ],
    [
      'a recipe that is none',
      (place) => [recipe(place, { kind: 'melt' })],
      3,
      /\/decisions\/0\/kind: must be one of block, .*, found "melt"; see docs\/recipes\.md/,
    ],
    [
      'test data that were fitted to',
      (place) => [recipe(place, fused(0)), '--data', calibration, '--test-data', calibration, ...scaled],
      3,
      /300 of 300 samples are in .*calibration too/,
    ],
    ['labels without data', (place) => [recipe(place, fused(0)), '--labels', 'y.npy'], 2, /--labels: labels without/],
    [
      'a fit without data',
      (place) => [recipe(place, fused(0)), '--tune', 'closed-form', '--best-effort'],
      2,
      /--tune: .*--data/,
    ],
    [
      'channels to be chosen by data without any',
      (place) => [
        recipe(place, { kind: 'width', group: middle, size: 96 }),
        '--channel-scores',
        'missing',
        '--best-effort',
      ],
      2,
      /--channel-scores: .*--data/,
    ],
    ['no such recipe', () => ['none.json'], 3, /none\.json: .*check the path given to --recipe/],
  ])('%s: exit code, one line, no file', async (_, make, code, message) => {
    const place = folder()
    const result = await run(raw, '--recipe', ...make(place), '--out', join(place, 'out.onnx'))
    expect(result.code, result.stdout).toBe(code)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(result.stderr).toMatch(message)
    expect(existsSync(join(place, 'out.onnx'))).toBe(false)
  })

  test('advise: what could be decided, by names that recipes take, ranked by the latency saved', async () => {
    const { code, stdout, stderr } = await run('advise', raw, '--json')
    expect(code, stderr).toBe(0)
    const advice = JSON.parse(stdout) as Advice
    const lines = [
      ...advice.blocks.map(({ index, name, signature }) => `block ${index} ${name}: ${signature}`),
      ...advice.groups.map(({ name, size, signature, pinned }) => `group ${name}: ${size}, ${signature}, ${pinned}`),
      ...advice.alternatives.slice(0, 24).map(({ rank, reason }) => `${rank} ${reason}`),
    ]
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/advise-shapes.txt')
    const saved = advice.alternatives.map(({ before, after }) => before.latencyMs - after.latencyMs)
    expect(saved).toEqual([...saved].sort((a, b) => b - a))
    expect(advice.data).toBeNull()
    const text = await run('advise', raw, '--top', '2')
    expect(text.stdout).toContain(advice.alternatives[1]!.reason)
    expect(text.stdout).toContain(`and ${advice.alternatives.length - 2} more`)
    // What it says a decision is worth is what the recipe makes of it.
    const [best] = advice.alternatives.filter(({ kind }) => kind === 'lossy')
    const place = folder()
    const report = join(place, 'report.json')
    const args = ['--best-effort', '--no-verify', '--out', join(place, 'out.onnx'), '--report', report]
    await run(raw, '--recipe', recipe(place, best!.decision), ...args)
    const { decisions } = JSON.parse(readFileSync(report, 'utf8')) as Report
    expect(decisions[0]!.after).toEqual(best!.after)
  })
})

interface Defined {
  readonly definitions: object
}

interface AccuracyRecord {
  readonly accuracy: {
    readonly samples: number
    readonly comparisons: readonly { before: number; drop: number; gate: { verdict: string } }[]
  }
}
