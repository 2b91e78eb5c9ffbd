import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Report } from '../../src/report/report.js'
import { classifierOnDisk } from '../architecture/classifier-on-disk.js'
import { isAlive } from './is-alive.js'
import { type Running, root, run, start, startInGroup } from './program.js'

const folder = (): string => mkdtempSync(join(tmpdir(), 'lanes-'))

/** A search, and what it found and wrote. */
interface Asked {
  readonly args: readonly string[]
  readonly found: () => Pick<Report, 'search' | 'decisions' | 'accuracy'> & { readonly model: string }
  /** Files of measurements that are kept. */
  readonly measured: () => string[]
}

/** A command that searches, with a cache of its own. */
function asked(model: string, data: readonly string[], ...more: readonly string[]): Asked {
  const place = folder()
  const [out, report, cache] = ['out.onnx', 'report.json', 'cache'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ]
  return {
    args: [model, ...data, '--out', out, '--report', report, '--cache', cache, '--quiet', ...more],
    found: () => {
      const { search, decisions, accuracy } = JSON.parse(readFileSync(report, 'utf8')) as Report
      return { search, decisions, accuracy, model: readFileSync(out).toString('base64') }
    },
    measured: () => readdirSync(join(cache, 'fidelity')).sort(),
  }
}

/** Processes of a command's lanes. Linux lists children. */
function lanesOf({ child }: Running): number[] {
  const listed = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  return listed
    .split(' ')
    .map(Number)
    .filter((pid) => pid > 0 && commandOf(pid).includes('lane-worker'))
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

async function until<Found>(find: () => Found | undefined | false): Promise<Found> {
  for (;;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    await setTimeout(10)
  }
}

/** Once so many work, and something has been measured. */
const busyLanes = (running: Running, { measured }: Asked, count = 2): Promise<number[]> =>
  until(() => {
    try {
      const lanes = lanesOf(running)
      return lanes.length === count && measured().length > 0 && lanes
    } catch {
      return false
    }
  })

const scratchOf = (pid: number): string =>
  /TMPDIR=([^\0]+)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))![1]!.replace(/\/[^/]+$/, '')

/** A folder with the first images of each class of the fixture. */
function someShapes(each: number): string {
  const [from, to] = [join(root, 'fixtures/shapes/calibration'), folder()]
  for (const name of readdirSync(from)) {
    mkdirSync(join(to, name))
    for (const image of readdirSync(join(from, name)).sort().slice(0, each))
      copyFileSync(join(from, name, image), join(to, name, image))
  }
  return to
}

async function classifier(): Promise<[model: string, data: string[]]> {
  const { file, images, classes } = await classifierOnDisk(60)
  return [file, ['--data', images, '--labels', classes, '--max-drop', '0.2', '--evaluations', '24']]
}

describe('candidates side by side', () => {
  test('what is found, measured and written does not depend on how many', async () => {
    const data = ['--data', someShapes(12), '--preprocess', 'tensorflow', '--max-drop', '0.1', '--evaluations', '7']
    const model = join(root, 'fixtures/shapes/shapes_ibn.onnx')
    const [one, two] = ['1', '2'].map((jobs) => asked(model, data, '--jobs', jobs)) as [Asked, Asked]
    for (const each of [one, two]) expect((await run(...each.args)).code).toBe(0)
    expect(two.found()).toEqual(one.found())
    expect(two.measured()).toEqual(one.measured())
    // The same command goes on from what was measured.
    expect((await run(...two.args)).code).toBe(0)
    expect(two.found().search).toEqual(one.found().search)
  }, 300_000)

  test.runIf(process.platform === 'linux')('a process that is killed changes nothing', async () => {
    const [model, data] = await classifier()
    const [one, two] = [asked(model, data, '--jobs', '1'), asked(model, data, '--jobs', '2')]
    const running = start(...two.args)
    const lanes = await busyLanes(running, two)
    const scratch = scratchOf(lanes[0]!)
    process.kill(lanes[0]!, 'SIGKILL')
    const { code, stderr } = await running.result
    expect(code, stderr).toBe(0)
    expect((await run(...one.args)).code).toBe(0)
    expect(two.found()).toEqual(one.found())
    expect([existsSync(scratch), lanes.some(isAlive)]).toEqual([false, false])
  })

  test.runIf(process.platform === 'linux')('a program that is killed leaves no process and no files', async () => {
    const [model, data] = await classifier()
    const search = asked(model, data, '--jobs', '2')
    const running = start(...search.args)
    const lanes = await busyLanes(running, search)
    const scratch = scratchOf(lanes[0]!)
    expect(existsSync(scratch)).toBe(true)
    running.child.kill('SIGKILL')
    await until(() => !lanes.some(isAlive))
    expect(existsSync(scratch)).toBe(false)
  })

  test.runIf(process.platform === 'linux').each(['1', '2'])(
    'Ctrl-C in a terminal ends a search with the best so far, and all processes of %s',
    async (jobs) => {
      const [model, data] = await classifier()
      const search = asked(model, data, '--jobs', jobs)
      const running = startInGroup(...search.args)
      const lanes = await busyLanes(running, search, jobs === '1' ? 0 : Number(jobs))
      // The whole group gets it.
      process.kill(-running.child.pid!, 'SIGINT')
      await until(() => !lanes.some(isAlive))
      const { code, stderr } = await running.result
      expect(code, stderr).toBe(0)
      expect(search.found().search).toMatchObject({ reason: expect.stringMatching(/best so far|no candidate/) })
    },
  )

  test('no number of jobs is a usage error', async () => {
    const [model, data] = await classifier()
    const { code, stderr } = await run(model, ...data, '--jobs', '0')
    expect([code, stderr.trim()]).toEqual([2, 'optimize: --jobs: 0 is no number of jobs; give a whole number from 1'])
  })
})
