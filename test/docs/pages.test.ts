import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../src/report/report.js'
import { examplesOf, firstDifference, wordsOf } from './examples.js'

/** Commands of the pages, run as a reader of a fresh clone would: what they print is what the page shows. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const page = (name: string) => readFileSync(join(root, name), 'utf8')
const pages = ['README.md', 'ARCHITECTURE.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
)
const main = join(root, 'dist/cli/main.js')

/** A folder like the checkout, that commands may write to. */
const clone = mkdtempSync(join(tmpdir(), 'pages-'))
symlinkSync(join(root, 'fixtures'), join(clone, 'fixtures'))

interface Run {
  readonly code: number
  readonly lines: readonly string[]
}

const runs = new Map<string, Promise<Run>>()

/** Runs a command in the clone; the same one only once. Lines of stdout, then those of stderr. */
function run(words: readonly string[]): Promise<Run> {
  const key = JSON.stringify(words)
  const found = runs.get(key)
  if (found !== undefined) return found
  const running = new Promise<Run>((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', COLUMNS: '100' }
    const [program, ...rest] = words[0] === 'optimize' ? [process.execPath, main, ...words.slice(1)] : words
    const child = execFile(program!, rest, { cwd: clone, env, maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, lines: linesOf(`${stdout}${stderr}`) }),
    )
  })
  runs.set(key, running)
  return running
}

/** Blank lines do not count: pages may leave them out. Nor does what is said of work that takes long here. */
const linesOf = (text: string): string[] =>
  text.split('\n').filter((line) => line.trim() !== '' && !/^\[\d+ s\] /.test(line))

const withExamples = pages.filter((name) => examplesOf(page(name)).length > 0)

test('the pages that show what commands print', () => {
  expect(withExamples).toEqual(['docs/accuracy.md', 'docs/add-a-target.md', 'docs/recipes.md', 'docs/tutorial.md'])
})

describe.each(withExamples)('%s', (name) => {
  let last: Run | undefined
  test.each(examplesOf(page(name)).map((example) => [example.words.join(' '), example] as const))(
    '%s',
    async (_, { words, shown }) => {
      if (words[0] === 'echo') {
        expect(shown).toEqual([String(last?.code)])
        return
      }
      expect(['optimize', 'head', 'cp']).toContain(words[0])
      last = await run(words)
      expect(
        firstDifference(
          shown.filter((line) => line.trim() !== ''),
          last.lines,
        ),
      ).toBeUndefined()
    },
    300_000,
  )
})

test('files that a page shows are the files', () => {
  const shown = [...page('docs/add-a-target.md').matchAll(/this is `([^`]+)`.*?```json\n(.*?)```/gs)]
  expect(shown.map(([, file]) => file)).toEqual(['fixtures/board/columns.json', 'fixtures/board/board.target.json'])
  for (const [, file, text] of shown) expect(text).toBe(page(file!))
})

test('pages that pages point at are there', () => {
  for (const name of pages)
    for (const [, target] of page(name).matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      expect(existsSync(join(root, name, '..', target!)), `${name}: ${target}`).toBe(true)
})

describe('README.md', () => {
  const readme = page('README.md').replaceAll(/ *\\\n */g, ' ')
  const commands = [...readme.matchAll(/node dist\/cli\/main\.js (.*)/g)].map(([, command]) => command!)
  /** As the page has it, the search takes minutes; a shorter one shows as well that the command runs. */
  const isWhole = process.env['ONNX_TAILOR_WHOLE_README'] !== undefined
  const asRun = (command: string) => {
    const report = ['--report', 'readme.json', '--cache', 'readme-cache']
    return [...wordsOf(isWhole ? command : command.replace(/--evaluations \d+/, '--evaluations 5')), ...report]
  }

  test.each(commands)(
    '%s',
    async (command) => {
      const { code, lines } = await run(['optimize', ...asRun(command)])
      expect(code, lines.join('\n')).toBe(0)
      const { before, after, accuracy } = JSON.parse(readFileSync(join(clone, 'readme.json'), 'utf8')) as Report
      expect(after.latencyMs).toBeLessThan(before.latencyMs)
      expect(accuracy?.gate.verdict).toBe('passed')
      // Other vector instructions round otherwise: of 600 samples three may fall on the other side.
      const [, right, instead] = /([\d.]+) % of 600 images right .* instead of ([\d.]+) %/.exec(
        readme.replaceAll('\n', ' '),
      )!
      expect(Math.abs(100 * accuracy!.before - Number(instead))).toBeLessThan(0.55)
      if (!isWhole) return
      const [, faster] = /(\d+) % faster on `neural-engine`/.exec(readme)!
      expect(Math.abs(100 * (1 - after.latencyMs / before.latencyMs) - Number(faster))).toBeLessThan(8)
      expect(Math.abs(100 * accuracy!.after - Number(right))).toBeLessThan(1.2)
    },
    600_000,
  )
})
