import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeModel } from '../../src/export/write-model.js'
import { smallModel } from './models.js'
import { folder, root } from './program.js'

/** Shell lines of the published workflow that are about the program: blocks under `run: |`. */
function commands(): string[] {
  const workflow = readFileSync(join(root, 'docs/ci-workflow.yml'), 'utf8')
  return [...workflow.matchAll(/run: \|\n((?: {10}.*\n)+)/g)].flatMap(([, block]) =>
    block!
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('gh ')),
  )
}

test('the workflow in the docs: what is unchanged is not done again, a broken budget ends it', async () => {
  const place = folder()
  for (const side of ['base', 'head']) {
    mkdirSync(join(place, side))
    for (let i = 0; i < 3; i++) await writeModel(smallModel(i), join(place, side, `net-${i}.onnx`))
    writeFileSync(
      join(place, side, 'zoo.json'),
      JSON.stringify({
        manifestVersion: 1,
        defaults: { verify: false },
        models: ['net-0.onnx', 'net-1.onnx', 'net-2.onnx'],
      }),
    )
    const assertions = ['latencyMs<=+0%', 'failed<=+0', { assert: 'bytes<=+5%', level: 'warn' }]
    writeFileSync(join(place, side, 'budgets.json'), JSON.stringify({ assertionsVersion: 1, assertions }))
  }
  // The pull request makes one model a larger one.
  copyFileSync(join(root, 'fixtures/shapes/shapes_ibn.raw.onnx'), join(place, 'head/net-1.onnx'))
  const program = `'${process.execPath}' '${join(root, 'dist/cli/main.js')}'`
  const lines = commands()
  expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'npx optimize zoo',
    'cp -r base-out',
    'npx optimize zoo',
    'npx optimize diff',
    'npx optimize diff',
  ])
  const run = (line: string) => {
    const { status, stderr } = spawnSync('bash', ['-ec', line.replace('npx optimize', program)], {
      cwd: place,
      encoding: 'utf8',
    })
    return { status, stderr }
  }
  const results = lines.map(run)
  expect(results.map(({ status }) => status)).toEqual([0, 0, 0, 0, 7])
  expect(results[2]!.stderr).toMatch(/^\[\d\/3\] done net-1: .*\n2 were done before\n$/)
  expect(results[4]!.stderr).toMatch(/latencyMs<=\+0% does not hold for net-1: it is \+\d/)
  expect(readFileSync(join(place, 'comment.md'), 'utf8')).toMatch(/\| net-1 \| 0\.\d+ ms \| 0\.\d+ ms \| \+/)
})
