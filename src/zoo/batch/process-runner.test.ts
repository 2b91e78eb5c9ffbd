import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isAlive } from '../../../test/zoo/is-alive.js'
import { loadTarget } from '../../hw/target.js'
import { residentInTable } from '../processes/process-group.js'
import { ProcessRunner } from './process-runner.js'
import type { Outcome, ZooJob } from './runner.js'

const module = new URL('../../../test/zoo/misbehaving-worker.js', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'runner-'))
const target = loadTarget('neural-engine')
const generous = { seconds: 60, bytes: 2 ** 30 }

const job = (name: string, limits = generous): ZooJob => ({
  name,
  file: `${name}.onnx`,
  request: { target },
  limits,
  folder,
  result: `${name}.onnx`,
  report: `${name}.json`,
  tool: { name: 'test', version: '0' },
})

async function* given(jobs: readonly ZooJob[]): AsyncGenerator<ZooJob> {
  yield* jobs
}

async function outcomes(
  jobs: readonly ZooJob[],
  width = 1,
  more: { readonly jobsPerProcess?: number; readonly signal?: AbortSignal; onStage?(text: string): void } = {},
): Promise<Map<string, Outcome>> {
  const { jobsPerProcess, signal, onStage } = more
  const found = new Map<string, Outcome>()
  const runner = new ProcessRunner({ jobs: width, module, ...(jobsPerProcess !== undefined && { jobsPerProcess }) })
  const observer = {
    started: () => {},
    stage: (_: ZooJob, text: string) => onStage?.(text),
    finished: async ({ name }: ZooJob, outcome: Outcome) => void found.set(name, outcome),
  }
  await runner.run(given(jobs), observer, signal)
  return found
}

const pidOf = (outcome: Outcome | undefined): number => (outcome as unknown as { model: { pid: number } }).model.pid

/** Until it holds: what a killed process leaves is cleared by the system in its own time. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await setTimeout(10)
}

describe('a runner of processes', () => {
  test.each<[string, RegExp, { seconds: number; bytes: number }?]>([
    ['refuse', /^bad-file refused$/],
    ['throw', /^bug throw\.onnx: a bug of onnx-tailor: Error: a bug at somewhere/],
    ['abort', /^crash abort\.onnx: the process ended with SIGABRT/],
    ['exit', /^crash exit\.onnx: the process ended with code 3/],
    ['exception', /^crash exception\.onnx: .*Error: nobody caught this/],
    ['hang', /^time-limit hang\.onnx: took longer than 1 s; .* \(spinning\)$/, { seconds: 1, bytes: 2 ** 30 }],
    ['grow', /^memory-limit grow\.onnx: took more than 300 MB/, { seconds: 60, bytes: 3e8 }],
    ['heap', /^memory-limit heap\.onnx: took more/, { seconds: 60, bytes: 3e8 }],
    ['child', /^memory-limit child\.onnx: took more than 300 MB/, { seconds: 60, bytes: 3e8 }],
  ])('%s in the middle: it is named, the others are done', async (name, message, limits) => {
    const found = await outcomes([job('done-1'), job(name, limits), job('done-2')])
    const outcome = found.get(name)!
    expect(outcome.state === 'failed' && `${outcome.kind} ${outcome.error}`).toMatch(message)
    expect([found.get('done-1')?.state, found.get('done-2')?.state]).toEqual(['done', 'done'])
  })

  test('a process does one job after the other, until it is worn', async () => {
    const names = ['done-1', 'done-2', 'abort', 'done-3', 'done-4', 'done-5', 'done-6']
    const found = await outcomes(
      names.map((name) => job(name)),
      1,
      { jobsPerProcess: 3 },
    )
    const pids = [1, 2, 3, 4, 5, 6].map((i) => pidOf(found.get(`done-${i}`)))
    expect(pids[0]).toBe(pids[1])
    expect(new Set(pids.slice(2, 5)).size).toBe(1)
    expect(new Set(pids).size).toBe(3)
    await eventually(() => pids.every((pid) => !isAlive(pid)))
  })

  test('jobs side by side: one that hangs keeps its place alone', async () => {
    const many = Array.from({ length: 20 }, (_, i) => job(`done-${i}`))
    const order: string[] = []
    const runner = new ProcessRunner({ jobs: 2, module })
    await runner.run(given([job('hang', { seconds: 2, bytes: 2 ** 30 }), ...many]), {
      started: () => {},
      stage: () => {},
      finished: async ({ name }) => void order.push(name),
    })
    expect(order).toHaveLength(21)
    expect(order.at(-1)).toBe('hang')
  })

  test('what a job started ends with it, and an interruption ends all of it', async () => {
    const stop = new AbortController()
    let child = 0
    const running = outcomes([job('orphan'), job('done-1')], 1, {
      signal: stop.signal,
      onStage: (text) => {
        child = Number(text.replace('child ', ''))
        stop.abort()
      },
    })
    await expect(running).rejects.toThrow(/abort/i)
    await eventually(() => !isAlive(child))
  })

  test('a runner whose observer fails ends, and so do its processes', async () => {
    const runner = new ProcessRunner({ jobs: 2, module })
    let child = 0
    const observer = {
      started: () => {},
      stage: (_: ZooJob, text: string) => {
        child = Number(text.replace('child ', ''))
      },
      finished: async () => {
        while (child === 0) await setTimeout(5)
        throw new Error('no journal')
      },
    }
    await expect(runner.run(given([job('orphan'), job('done-1')]), observer)).rejects.toThrow('no journal')
    await eventually(() => !isAlive(child))
  })

  test('temporary files of a job go with its process, whatever ended it', async () => {
    const names = ['temporary-1', 'temporary-hang', 'done-1']
    const limits = { seconds: 1, bytes: 2 ** 30 }
    const files: string[] = []
    await outcomes(
      names.map((name) => job(name, limits)),
      1,
      { onStage: (text) => void files.push(text) },
    )
    expect(files).toHaveLength(2)
    for (const file of files) expect(existsSync(file)).toBe(false)
  })

  test('memory of a process counts all below it, whatever the order of the table', () => {
    const rows = [
      [4, 3, 10],
      [3, 2, 20],
      [2, 1, 30],
      [5, 1, 40],
      [6, 4, 1],
    ] as const
    expect(residentInTable(2, rows)).toBe((10 + 20 + 30 + 1) * 1024)
  })
})
