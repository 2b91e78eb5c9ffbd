import type { Ora } from 'ora'
import { count } from '../report/format.js'
import { gainText } from '../report/zoo-rows.js'
import type { ZooProgress } from '../zoo/batch/run-zoo.js'
import type { Outcome, ZooJob } from '../zoo/batch/runner.js'
import { isLive } from './progress.js'

export interface LiveZoo extends ZooProgress {
  stop(): void
}

/** Of a run that is made again, models are counted; the others are told about. */
interface Tally {
  done: number
  failed: number
  old: number
}

/** A table of what is in work under the finished models, on a terminal; elsewhere a line for each finished model. */
export async function zooProgress(total: number, enabled: boolean): Promise<LiveZoo | undefined> {
  if (!enabled) return undefined
  return isLive() ? await liveTable(total) : plainLines(total)
}

function plainLines(total: number): LiveZoo {
  const tally: Tally = { done: 0, failed: 0, old: 0 }
  return {
    started: () => {},
    stage: () => {},
    finished(job, outcome, seconds, isOld) {
      add(tally, outcome, isOld)
      if (!isOld) process.stderr.write(`[${finished(tally)}/${total}] ${lineOf(job, outcome, seconds)}\n`)
    },
    stop() {
      if (tally.old > 0) process.stderr.write(`${count(tally.old)} were done before\n`)
    },
  }
}

/** Milliseconds between two pictures. */
const frameMs = 200

async function liveTable(total: number): Promise<LiveZoo> {
  const { default: ora } = await import('ora')
  const tally: Tally = { done: 0, failed: 0, old: 0 }
  const working = new Map<ZooJob, { readonly since: number; stage: string }>()
  const start = performance.now()
  const spinner: Ora = ora({ text: '', discardStdin: false }).start()
  const draw = () => {
    const now = performance.now()
    spinner.text = picture(tally, total, { start, now }, working, process.stderr.columns)
  }
  const timer = setInterval(draw, frameMs)
  return {
    started: (job) => void working.set(job, { since: performance.now(), stage: 'starting' }),
    stage(job, text) {
      const row = working.get(job)
      if (row !== undefined) row.stage = text
    },
    finished(job, outcome, seconds, isOld) {
      working.delete(job)
      add(tally, outcome, isOld)
      if (isOld) return
      spinner.clear()
      process.stderr.write(`${lineOf(job, outcome, seconds)}\n`)
      draw()
    },
    stop() {
      clearInterval(timer)
      spinner.stop()
    },
  }
}

/** `12 of 40 models, 1 failed, 3:20 left`, and a line for each job in work. Times are in milliseconds. */
export function picture(
  tally: Tally,
  total: number,
  { start, now }: { readonly start: number; readonly now: number },
  working: ReadonlyMap<ZooJob, { readonly since: number; readonly stage: string }>,
  columns: number,
): string {
  const elapsedSeconds = (now - start) / 1000
  const ends = finished(tally)
  const worked = ends - tally.old
  const left = worked === 0 ? undefined : (elapsedSeconds / worked) * (total - ends)
  const bar = barOf(total === 0 ? 1 : ends / total, 24)
  const head = [
    `${bar} ${count(ends)} of ${count(total)} models`,
    ...(tally.failed > 0 ? [`${count(tally.failed)} failed`] : []),
    ...(tally.old > 0 ? [`${count(tally.old)} done before`] : []),
    left === undefined ? clock(elapsedSeconds) : `${clock(elapsedSeconds)}, ${clock(left)} left`,
  ].join(', ')
  const names = Math.max(0, ...[...working.keys()].map(({ name }) => name.length))
  const rows = [...working].map(([{ name }, { since, stage }]) => {
    const seconds = clock((now - since) / 1000)
    return `    ${name.padEnd(Math.min(names, 40))}  ${seconds.padStart(5)}  ${stage}`
  })
  // A line that wraps could not be taken back.
  return [head, ...rows].map((line) => line.slice(0, columns - 3)).join('\n')
}

const barOf = (share: number, width: number): string => {
  const full = Math.round(share * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function clock(seconds: number): string {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const rest = String(whole % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`
}

const finished = ({ done, failed }: Tally): number => done + failed

function add(tally: Tally, { state }: Outcome, isOld: boolean): void {
  tally[state] += 1
  if (isOld) tally.old += 1
}

function lineOf({ name }: ZooJob, outcome: Outcome, seconds: number): string {
  if (outcome.state === 'failed') return `${outcome.kind} ${outcome.error}`
  const { model } = outcome
  const doubt = model.verdict === 'unverified' ? `; unverified: ${model.reason ?? 'unknown reason'}` : ''
  return `done ${name}: ${gainText(model)} (${seconds.toFixed(1)} s)${doubt}`
}
