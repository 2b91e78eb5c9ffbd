import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeStaged } from '../../export/staging.js'
import { makeScratch } from '../processes/scratch-folder.js'
import { JobProcess } from './job-process.js'
import { filesOf, type JobLimits, type Outcome, type Runner, type RunObserver, type ZooJob } from './runner.js'

/** How many processes do jobs, and what they do. */
export interface ProcessRunnerOptions {
  /** Jobs at a time. */
  readonly jobs: number
  /** What a process does; default: tailors models. */
  readonly module?: URL
  /** Jobs that one process does before a fresh one takes its place: what a job leaves behind cannot pile up. */
  readonly jobsPerProcess?: number
}

/** Of the engine, where jobs are done side by side: its helper threads would take cores from the others. */
const sideBySideFlags = ['--single-threaded']

const defaultModule = new URL('./job-worker.js', import.meta.url)

/**
 * Jobs in child processes on this machine. A process does one job at a time, and others after it as long as all is well: a
 * start takes longer than a small model. One that crashed, broke a limit or grew is replaced.
 */
export class ProcessRunner implements Runner {
  readonly #options: ProcessRunnerOptions

  constructor(options: ProcessRunnerOptions) {
    this.#options = options
  }

  async run(jobs: AsyncIterable<ZooJob>, observer: RunObserver, signal?: AbortSignal): Promise<void> {
    const { jobs: width, module = defaultModule, jobsPerProcess = 256 } = this.#options
    // One for all lanes: whoever is free takes the next job.
    const queue = jobs[Symbol.asyncIterator]()
    const stop = new AbortController()
    const isOver = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
    const lane = async () => {
      const seat = new Seat(module, jobsPerProcess, width > 1 ? sideBySideFlags : [])
      const onAbort = () => void seat.close()
      isOver.addEventListener('abort', onAbort)
      try {
        while (!isOver.aborted) {
          const { done, value: job } = await queue.next()
          if (done || isOver.aborted) break
          const start = performance.now()
          observer.started(job)
          const outcome = await seat.run(job, (text) => observer.stage(job, text))
          // Ended from outside: that is no outcome of the job.
          if (isOver.aborted) break
          await observer.finished(job, outcome, (performance.now() - start) / 1000)
        }
      } catch (error) {
        stop.abort()
        throw error
      } finally {
        isOver.removeEventListener('abort', onAbort)
        await seat.close()
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: width }, lane))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    signal?.throwIfAborted()
  }
}

/** A place for a worker: replaced when it is worn. */
class Seat {
  readonly #module: URL
  readonly #jobsPerProcess: number
  readonly #flags: readonly string[]
  #occupant: Occupant | undefined
  #isClosed = false
  /** Of the last one to go. */
  #leaving: Promise<void> = Promise.resolve()

  constructor(module: URL, jobsPerProcess: number, flags: readonly string[]) {
    this.#module = module
    this.#jobsPerProcess = jobsPerProcess
    this.#flags = flags
  }

  async run(job: ZooJob, onStage: (text: string) => void): Promise<Outcome> {
    const occupant = await this.#occupantFor(job.limits)
    if (occupant === undefined) return { state: 'failed', kind: 'crash', error: `${job.file}: interrupted` }
    occupant.jobs += 1
    const outcome = await occupant.worker.run(job, onStage)
    if (occupant.worker.isWorn) for (const path of filesOf(job)) await removeStaged(join(job.folder, path))
    return outcome
  }

  /** undefined: the place was closed meanwhile. */
  async #occupantFor({ bytes, seconds }: JobLimits): Promise<Occupant | undefined> {
    const old = this.#occupant
    const isFit = old !== undefined && !old.worker.isWorn && old.jobs < this.#jobsPerProcess && old.bytes === bytes
    if (isFit) return old
    await this.#leave()
    if (this.#isClosed) return undefined
    const scratch = makeScratch()
    const worker = new JobProcess(this.#module, { bytes, seconds }, scratch, this.#flags)
    return (this.#occupant = { worker, scratch, bytes, jobs: 0 })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#leave()
  }

  #leave(): Promise<void> {
    const occupant = this.#occupant
    this.#occupant = undefined
    if (occupant !== undefined)
      this.#leaving = occupant.worker.close().then(() => rm(occupant.scratch, { recursive: true, force: true }))
    return this.#leaving
  }
}

interface Occupant {
  readonly worker: JobProcess
  /** Its temporary files: it may be ended before it removes them. */
  readonly scratch: string
  /** What it may take. */
  readonly bytes: number
  jobs: number
}
