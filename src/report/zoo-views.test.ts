import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { htmlZoo } from './html/html-zoo.js'
import type { Report } from './report.js'
import { colorsFor } from './terminal.js'
import { type ZooFailure, type ZooModel, zooModelOf, zooSummary } from './zoo-summary.js'
import { csvZoo, markdownZoo, terminalZoo } from './zoo-views.js'

const model = (name: string, before: number, after: number, more: Partial<ZooModel> = {}): ZooModel => ({
  ...{ name, file: `${name}.onnx`, sha256: '0'.repeat(64), target: 'chip', verdict: 'agrees', accuracy: null },
  ...{ result: `models/${name}.onnx`, report: `reports/${name}.json`, warnings: 0, seconds: 2 },
  figures: { latency: { before, after }, nodes: { before: 10, after: 8 } },
  ...more,
})

const failure: ZooFailure = {
  ...{ name: 'bad|<b>', file: 'bad.onnx', kind: 'bad-file', seconds: 1 },
  error: 'bad.onnx: "quoted", with a comma; <script>alert(1)</script>',
}

const metrics = { latencyMs: 1, energy: {}, kernels: [] }

const accuracy = { metric: 'top-1', higherIsBetter: true, before: 0.9, after: 0.89, drop: 0.01 }
const summary = zooSummary(
  { name: 'tool', version: '1' },
  [
    model('slower', 1, 1.25),
    model('=cmd(1) #2', 4, 1, { accuracy }),
    model('faster', 2, 1, { verdict: 'unverified', reason: 'no answer within 120 s' }),
    model('idle', 0, 0),
  ],
  [failure],
)

describe('summaries of zoos', () => {
  test('sorted by gain, with the geometric mean of those that take any time', () => {
    expect(summary.models.map(({ name }) => name)).toEqual(['=cmd(1) #2', 'faster', 'idle', 'slower'])
    expect(summary.totals).toMatchObject({ done: 4, failed: 1, unverified: 1, seconds: 9 })
    expect(summary.totals.latencyRatio).toBeCloseTo((0.25 * 0.5 * 1 * 1.25) ** (1 / 4), 12)
    expect(zooSummary({ name: 'tool', version: '1' }, [], []).totals.latencyRatio).toBeNull()
  })

  test('the same whatever was done first', () => {
    const reversed = zooSummary(summary.tool, [...summary.models].reverse(), [...summary.failed].reverse())
    expect(JSON.stringify(reversed)).toBe(JSON.stringify(summary))
  })

  test('scores without end are the same before and after they went through JSON', () => {
    const exact = { ...accuracy, before: Number.POSITIVE_INFINITY, after: 21, drop: Number.POSITIVE_INFINITY }
    const found = zooModelOf(
      {
        ...{
          accuracy: exact,
          model: { file: 'a.onnx', sha256: '' },
          target: { name: 'chip' },
          verification: { verdict: 'skipped' },
        },
        ...{ warnings: [], timing: {}, result: null, before: metrics, after: metrics },
      } as unknown as Report,
      { name: 'a', result: 'a', report: 'a' },
    )
    expect(JSON.parse(JSON.stringify(found.accuracy))).toEqual(found.accuracy)
    expect(markdownZoo(zooSummary(summary.tool, [found], []))).toContain('| exact -\\> 21.0 |')
  })

  test('the terminal lists the best, counts the rest, and names what failed', () => {
    const text = terminalZoo(summary, 2, colorsFor(false))
    expect(text).toMatch(/^4 of 5 models, latency x 0\.\d{3} in the mean, 1 failed, 1 unverified\n/)
    expect(text).toMatch(/=cmd\(1\) #2 +4\.00 ms +1\.00 ms +-75\.0 %.* 0\.900 -> 0\.890 +yes/)
    expect(text).toMatch(/faster .* no: no answer within 120 s/)
    expect(text).not.toContain('slower')
    expect(text).toMatch(/and 2 more in summary\.md\nbad-file bad\.onnx: "quoted"/)
  })

  test('CSV that any reader takes, and no spreadsheet computes', () => {
    const rows = parse(csvZoo(summary), { columns: true }) as Record<string, string>[]
    expect(rows).toHaveLength(5)
    expect(rows[0]).toMatchObject({
      name: "'=cmd(1) #2",
      state: 'done',
      latency_before: '4',
      latency_after: '1',
      drop: '0.01',
    })
    expect(rows[4]).toMatchObject({ name: 'bad|<b>', state: 'bad-file', latency_after: '', error: failure.error })
  })

  test('names from files are no markup, and links lead to reports', () => {
    const markdown = markdownZoo(summary)
    expect(markdown).toContain('| [=cmd(1) \\#2](reports/%3Dcmd%281%29%20%232.json) |')
    expect(markdown).toContain('| bad\\|\\<b\\> |')
    const html = htmlZoo(summary)
    expect(html).toContain('<a href="reports/%3Dcmd%281%29%20%232.json">=cmd(1) #2</a>')
    expect(html).toContain('bad|&lt;b&gt;')
    expect(html).not.toMatch(/<script>|<b>/)
  })
})
