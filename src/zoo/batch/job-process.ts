import { bytes as bytesText } from '../../report/format.js'
import { residentBytes } from '../processes/process-group.js'
import { type Unanswered, WorkerProcess } from '../processes/worker-process.js'
import type { Failed, JobLimits, Outcome, ZooJob } from './runner.js'

/** Milliseconds between two looks at the memory of a job: what could take gigabytes in less touches its pages first. */
const sampleMs = 100

/** Memory of a worker without a job, beyond which a fresh one takes its place: part of the limit of a job. */
const idleShare = 0.25

/** A process that does one job after the other. A job that breaks its limits, or the process, ends the process. */
export class JobProcess {
  readonly #worker: WorkerProcess

  /** `module`: JavaScript that answers a ZooJob with its Outcome. `scratch`: folder for its temporary files. */
  constructor(module: URL, { bytes }: JobLimits, scratch: string, flags: readonly string[]) {
    // The limit decides how large the heap may be, not the default of the engine.
    this.#worker = new WorkerProcess(module, scratch, [`--max-old-space-size=${Math.ceil(bytes / 2 ** 20)}`, ...flags])
  }

  /** Whether the next job needs another process. */
  get isWorn(): boolean {
    return this.#worker.isWorn
  }

  /** Does one job. Whatever happens is an outcome. */
  async run(job: ZooJob, onStage: (text: string) => void): Promise<Outcome> {
    const worker = this.#worker
    let last = 'starting'
    const watched = watch(worker.pid, job.limits)
    const answer = worker.ask<Outcome>(job, (stage) => onStage((last = stage)))
    const result = await Promise.race([watched.broken, answer])
    watched.stop()
    const isEnded = 'unanswered' in result
    if (isEnded) worker.wear()
    if (worker.isWorn) await worker.end()
    else if ((await residentBytes(worker.pid)) > job.limits.bytes * idleShare) worker.wear()
    return isEnded ? failed(job, result, last) : result
  }

  /** Ends it once it has removed what it staged. */
  close(): Promise<void> {
    return this.#worker.close()
  }
}

/** Why a job came to nothing. */
interface Ended extends Pick<Unanswered, 'what'> {
  readonly unanswered: Unanswered['unanswered'] | 'time-limit'
}

/** Settles when a process takes more than it may, until told to stop. */
function watch(pid: number, { seconds, bytes }: JobLimits): { readonly broken: Promise<Ended>; stop(): void } {
  const timers: NodeJS.Timeout[] = []
  const broken = new Promise<Ended>((resolve) => {
    const late = { unanswered: 'time-limit', what: `took longer than ${seconds} s` } as const
    const large = { unanswered: 'memory-limit', what: `took more than ${bytesText(bytes)}` } as const
    const sample = async () => {
      if ((await residentBytes(pid)) > bytes) resolve(large)
    }
    timers.push(
      setTimeout(() => resolve(late), seconds * 1000),
      setInterval(sample, sampleMs),
    )
  })
  return { broken, stop: () => timers.forEach(clearTimeout) }
}

function failed({ file }: ZooJob, { unanswered, what }: Ended, last: string): Failed {
  const error = `${file}: ${wordsOf(unanswered, what)} (${last})`.replaceAll(/\s+/g, ' ')
  return { state: 'failed', kind: unanswered, error }
}

function wordsOf(why: Ended['unanswered'], what: string): string {
  switch (why) {
    case 'crash':
      return what
    case 'memory-limit':
    case 'time-limit':
      return `${what}; allow more with --${why}`
    case 'bug':
      return `a bug of onnx-tailor: ${what}`
  }
}
