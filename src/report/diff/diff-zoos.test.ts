import { describe, expect, test } from 'vitest'
import { colorsFor } from '../terminal.js'
import { type ZooFailure, type ZooModel, zooSummary } from '../zoo-summary.js'
import { parseAssertion } from './assertions.js'
import { diffZoos } from './diff-zoos.js'
import { markdownZooDiff } from './markdown.js'
import { zooDiffRecord } from './record.js'
import { terminalZooDiff } from './terminal.js'

const tool = { name: 'test', version: '0' }

const model = (name: string, latencyMs: number, more: Partial<ZooModel> = {}): ZooModel => ({
  ...{ name, file: `${name}.onnx`, sha256: '0'.repeat(64), target: 'chip', verdict: 'agrees', accuracy: null },
  ...{ result: `models/${name}.onnx`, report: `reports/${name}.json`, warnings: 0, seconds: 1 },
  figures: { latency: { before: 4, after: latencyMs }, nodes: { before: 10, after: 8 } },
  ...more,
})

const failure = (name: string): ZooFailure => ({
  ...{ name, file: `${name}.onnx`, kind: 'time-limit', error: `${name}.onnx: took longer than 8 s`, seconds: 8 },
})

const scored = (score: number) => ({
  metric: 'top-1',
  higherIsBetter: true,
  before: 0.95,
  after: score,
  drop: 0.95 - score,
})

const before = {
  file: 'main.json',
  summary: zooSummary(
    tool,
    [model('a', 2), model('b', 3), model('gone', 1), model('c', 2, { accuracy: scored(0.9) })],
    [failure('mended')],
  ),
}
const after = {
  file: 'branch.json',
  summary: zooSummary(
    tool,
    [model('a', 2), model('b', 3.3), model('c', 1.5, { accuracy: scored(0.87) }), model('mended', 1), model('new', 1)],
    [failure('broken')],
  ),
}

describe('two zoos', () => {
  const diff = diffZoos(before, after)

  test('models are compared by name, the worst first; the others are named', () => {
    expect(diff.models.map(({ name }) => name)).toEqual(['b', 'a', 'c'])
    expect([diff.removed, diff.added, diff.mended]).toEqual([['gone'], ['new'], ['mended']])
    expect(diff.newlyFailed.map(({ name }) => name)).toEqual(['broken'])
    expect(zooDiffRecord(diff).models[0]).toEqual({
      name: 'b',
      figures: { latency: { before: 3, after: 3.3 }, nodes: { before: 8, after: 8 } },
    })
    const text = terminalZooDiff(diff, colorsFor(false))
    expect(text).toMatch(
      /latency: 2 models changed, 1 are the same\n.*\nb +3\.00 ms +3\.30 ms +\+10\.0 %\nc +2\.00 ms +1\.50 ms +-25\.0 %/,
    )
    expect(text).toMatch(/models that fail now: 1\n.*\nbroken +time-limit +broken\.onnx: took longer than 8 s/)
    expect(markdownZooDiff(diff)).toContain('| b | 3.00 ms | 3.30 ms | +10.0 % |')
  })

  test.each<[string, readonly (readonly [string | undefined, boolean])[]]>([
    ['latency<=+9.9%', [['b', false]]],
    ['latency<=+11%', [[undefined, true]]],
    ['latency<=+0%', [['b', false]]],
    ['nodes<=+0', [[undefined, true]]],
    [
      'latency<=1ms',
      [
        ['b', false],
        ['a', false],
        ['c', false],
      ],
    ],
    ['accuracy.drop<=0.02', [['c', false]]],
    ['accuracy.drop<=0.04', [[undefined, true]]],
    ['failed<=+0', [[undefined, true]]],
    ['failed<=0', [[undefined, false]]],
    ['models>=+1', [[undefined, true]]],
  ])('%s', (text, expected) => {
    const { assertions } = diffZoos(before, after, [parseAssertion(text)])
    expect(assertions.map(({ model: name, holds }) => [name, holds])).toEqual(expected)
  })

  test('what no model knows is a mistake', () => {
    expect(() => diffZoos(before, after, [parseAssertion('speed<3')])).toThrow(/nothing is known of "speed"/)
  })

  test('a comment fits a pull request, however many models there are, and what is cut is counted', () => {
    const many = (latencyMs: number, summary = zooSummary) => ({
      file: 'many.json',
      summary: summary(
        tool,
        Array.from({ length: 3000 }, (_, i) => model(`folder/with_a_long_name/net-${i}`, latencyMs + i / 1000)),
        Array.from({ length: latencyMs > 2 ? 3000 : 0 }, (_, i) => failure(`failing-${i}`)),
      ),
    })
    const text = markdownZooDiff(diffZoos(many(2), many(3), [parseAssertion('latency<=+1%')]))
    expect(text.length).toBeLessThan(65_000)
    expect(text.length).toBeGreaterThan(50_000)
    const counted = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, rest]) => Number(rest))
    const rows = text.match(/^\| folder/gm)!.length
    const failed = text.match(/^\| failing/gm)!.length
    const broken = text.match(/^- \*\*broken/gm)!.length
    expect(counted(/and (\d+) more/g).reduce((a, b) => a + b, 0) + rows + failed + broken).toBe(9000)
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)!.length)
  })
})
