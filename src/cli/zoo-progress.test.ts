import { describe, expect, test } from 'vitest'
import type { ZooJob } from '../zoo/batch/runner.js'
import { picture } from './zoo-progress.js'

const job = (name: string) => ({ name }) as ZooJob

describe('the live table', () => {
  const working = new Map([
    [job('net-1'), { since: -61_400, stage: 'verifying with onnxruntime' }],
    [job('a/longer-name'), { since: 0, stage: 'starting' }],
  ])

  test.each<[string, Parameters<typeof picture>[0], number, number, RegExp]>([
    ['nothing is finished', { done: 0, failed: 0, old: 0 }, 40, 5, /^░{24} 0 of 40 models, 0:05$/],
    ['half is done', { done: 20, failed: 0, old: 0 }, 40, 60, /^█{12}░{12} 20 of 40 models, 1:00, 1:00 left$/],
    ['some failed', { done: 5, failed: 5, old: 0 }, 40, 20, /^█{6}░{18} 10 of 40 models, 5 failed, 0:20, 1:00 left$/],
    [
      'what was done before took no time',
      { done: 30, failed: 0, old: 20 },
      40,
      3600,
      / 20 done before, 1:00:00, 1:00:00 left$/,
    ],
    ['all is done', { done: 40, failed: 0, old: 0 }, 40, 7, /^█{24} 40 of 40 models, 0:07, 0:00 left$/],
  ])('%s', (_, tally, total, elapsed, expected) => {
    const [head, ...rows] = picture(tally, total, { start: -elapsed * 1000, now: 0 }, working, 200).split('\n')
    expect(head).toMatch(expected)
    expect(rows).toEqual(['    net-1           1:01  verifying with onnxruntime', '    a/longer-name   0:00  starting'])
  })

  test('no line is wider than the terminal', () => {
    for (const columns of [20, 40, 80])
      for (const line of picture(
        { done: 3, failed: 1, old: 2 },
        9,
        { start: -100_000, now: 0 },
        working,
        columns,
      ).split('\n'))
        expect(line.length).toBeLessThan(columns)
  })
})
