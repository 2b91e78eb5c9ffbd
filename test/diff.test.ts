import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeModel } from '../src/export/write-model.js'
import type { diffRecord } from '../src/report/diff/record.js'
import { describeWithShared } from './shared-assets.js'
import { smallModel } from './zoo/models.js'
import { folder, root, run, schemaValidator } from './zoo/program.js'

const raw = join(root, 'fixtures/shapes/shapes_ibn.raw.onnx')
const folded = join(root, 'fixtures/shapes/shapes_ibn.onnx')

const validate = schemaValidator('diff.schema.json')

type Record = ReturnType<typeof diffRecord>

async function diffOf(...args: string[]): Promise<Record> {
  const { stdout, stderr } = await run('diff', ...args, '--format', 'json')
  expect(stderr).toBe('')
  const record = JSON.parse(stdout) as Record
  expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
  return record
}

describe('optimize diff', () => {
  const place = folder()
  const [model, report, recipe] = ['out.onnx', 'report.json', 'recipe.json'].map((name) => join(place, name))

  beforeAll(async () => {
    const decisions = [{ kind: 'block', block: 0, alternative: 'fused' }]
    writeFileSync(recipe!, JSON.stringify({ recipeVersion: 1, decisions }))
    const args = ['--recipe', recipe!, '--best-effort', '--no-verify', '--out', model!, '--report', report!]
    expect((await run(raw, ...args)).code).toBe(0)
  })

  test('two models: kernels by the graphs, nodes with their weights, and what both answer', async () => {
    const diff = await diffOf(raw, folded)
    expect(diff.relation).toBe('related')
    expect(diff.kernels).toHaveLength(28)
    for (const { before, after } of diff.kernels) expect(after).toEqual(before)
    expect(diff.graph!.removed.every((label) => label.startsWith('BatchNormalization'))).toBe(true)
    expect(diff.graph!.changed.every(({ after }) => after.startsWith('Conv'))).toBe(true)
    expect(diff.outputs).toMatchObject({ verdict: 'agrees', outputs: [{ name: 'logits' }] })
    expect((await diffOf(raw, folded, '--no-outputs')).outputs).toBeNull()
    expect((await diffOf(raw, raw)).relation).toBe('identical')
  })

  test('a model and the report of its result: kernels by the provenance of passes and decisions', async () => {
    const diff = await diffOf(raw, report!)
    const fused = diff.kernels.filter(({ before }) => before.length > 1)
    expect(fused).toHaveLength(1)
    expect(fused[0]!.after).toHaveLength(1)
    expect(fused[0]!.before.some((name) => name.endsWith('/Conv'))).toBe(true)
    expect(diff.kernels.every(({ before, after }) => before.length > 0 && after.length > 0)).toBe(true)
    expect(diff.decisions.after).toHaveLength(1)
    // Once its model is gone, the report still tells what became of the kernels.
    const moved = join(place, 'moved.json')
    writeFileSync(moved, readFileSync(report!, 'utf8').replaceAll('out.onnx', 'gone.onnx'))
    const withoutModel = await diffOf(raw, moved)
    expect(withoutModel.kernels).toEqual(diff.kernels)
    expect([withoutModel.graph, withoutModel.outputs]).toEqual([null, null])
  })

  test('networks that have nothing to do with each other are told apart', async () => {
    const other = join(place, 'other.onnx')
    await writeModel(smallModel(0), other)
    const { stdout } = await run('diff', raw, other)
    expect(stdout).toMatch(/these look like different networks: only 0 % of the nodes have a counterpart/)
    expect(stdout).not.toMatch(/nodes removed|kernels: \d/)
  })

  test('budgets from a file: warnings are told, errors end with code 7', async () => {
    const budgets = join(place, 'budgets.json')
    const assertions = ['nodes<=+0', { assert: 'latencyMs<=1us', level: 'warn' }, { assert: 'bytes<=+0%' }]
    writeFileSync(budgets, JSON.stringify({ assertionsVersion: 1, assertions }))
    const good = await run('diff', raw, folded, '--no-outputs', '--assert', budgets)
    expect(good.code).toBe(0)
    expect(good.stderr).toMatch(/^optimize: warning: latencyMs<=1us does not hold: it is \S+ ms\n$/)
    expect(good.stdout).toMatch(
      /\nholds {2}nodes<=\+0 \(-23\)\nwarning latencyMs<=1us \(\S+ ms\)\nholds {2}bytes<=\+0% \(-6\.\d+ %\)\n$/,
    )
    const bad = await run('diff', folded, raw, '--no-outputs', '--assert', budgets)
    expect(bad.code).toBe(7)
    expect(bad.stderr).toMatch(/nodes<=\+0 does not hold: it is \+23/)
    writeFileSync(budgets, JSON.stringify({ assertionsVersion: 1, assertions: ['nodes<=+0', 'speed is high'] }))
    const wrong = await run('diff', raw, folded, '--assert', budgets)
    expect([wrong.code, wrong.stdout]).toEqual([3, ''])
    expect(wrong.stderr).toMatch(/budgets\.json: \/assertions\/1: cannot read "speed is high"; write e\.g\./)
  })

  test('two runs of a zoo', async () => {
    const [zoo, one, two] = [folder(), folder(), folder()]
    mkdirSync(join(zoo, 'sub'))
    for (let i = 0; i < 3; i++) await writeModel(smallModel(i), join(zoo, 'sub', `net-${i}.onnx`))
    await run('zoo', zoo, '--out', one, '--no-verify')
    writeFileSync(join(zoo, 'sub/net-1.onnx'), 'no model')
    await run('zoo', zoo, '--out', two, '--no-verify', '--target', 'cpu')
    const summaries = [join(one, 'summary.json'), join(two, 'summary.json')] as const
    const { code, stdout, stderr } = await run('diff', ...summaries, '--assert', 'failed<=+0', '--format', 'markdown')
    expect(code).toBe(7)
    expect(stderr).toBe('optimize: failed<=+0 does not hold: it is +1\n')
    expect(stdout).toMatch(/\| net-1 \| bad-file \|/)
    expect(stdout).toMatch(/\| net-0 \|/)
    const record: unknown = JSON.parse((await run('diff', ...summaries, '--format', 'json')).stdout)
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
    const mixed = await run('diff', summaries[0], raw)
    expect([mixed.code, mixed.stdout]).toEqual([2, ''])
    expect(mixed.stderr).toMatch(/a summary of a zoo, and .*shapes_ibn\.raw\.onnx is none; compare two of a kind/)
  })
})

describeWithShared('diff of public models', (assets) => {
  const named = (name: string) => assets.file('models', `${name}.onnx`)

  test.each([
    ['mobilenetv2_1.0_224', 'mobilenetv2_1.0_224_qdq', 'related'],
    ['mobilenetv1_0.25_128', 'mobilenetv1_0.25_128_fp16', 'related'],
    ['mobilenetv2_1.0_224', 'mobilefacenet', 'unrelated'],
    ['yolox_nano', 'fastestdet', 'unrelated'],
    ['silero_vad', 'tiny_transformer', 'unrelated'],
  ])('%s and %s are %s', async (a, b, relation) => {
    expect((await diffOf(named(a), named(b), '--no-outputs')).relation).toBe(relation)
  })

  test('a comment fits a pull request, however many layers changed', async () => {
    const place = folder()
    const out = join(place, 'out.onnx')
    await run(named('light_densenet121'), '--no-verify', '--out', out)
    const { stdout } = await run('diff', named('light_densenet121'), out, '--no-outputs', '--format', 'markdown')
    expect(stdout.length).toBeLessThan(65_000)
    expect(stdout).toMatch(/<details><summary>nodes removed: \d+<\/summary>/)
  })
})
