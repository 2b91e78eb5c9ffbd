import { type ChildProcess, fork } from 'node:child_process'
import { bytes as bytesText } from '../../report/format.js'
import { killGroup, residentBytes, volunteerForOutOfMemory } from './process-group.js'
import type { Failed, JobLimits, Outcome, ZooJob } from './runner.js'

/** What a worker says of its job. */
export type WorkerMessage =
  | { readonly stage: string }
  | { readonly outcome: Outcome }
  /** An exception that is no fault of the user's: the stack. */
  | { readonly bug: string }

/** Milliseconds between two looks at the memory of a job: what could take gigabytes in less touches its pages first. */
const sampleMs = 100

/** Memory of a worker without a job, beyond which a fresh one takes its place: part of the limit of a job. */
const idleShare = 0.25

/** How long a worker may take to remove what it staged. */
const graceMs = 2000

/** One child process, for one job after the other. A job that breaks its limits, or the process, ends the process. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #pid: number
  /** Of stderr, for crashes. */
  #noise = ''
  #isWorn = false
  readonly #ended: Promise<void>

  /** `module`: JavaScript that answers `{ job }` with WorkerMessages. `scratch`: folder for its temporary files. */
  constructor(module: URL, { bytes }: JobLimits, scratch: string) {
    this.#child = fork(module, {
      // A group of its own: ended together, and not by a Ctrl-C that is for us.
      detached: true,
      serialization: 'advanced',
      // The limit decides how large the heap may be, not the default of the engine.
      execArgv: [`--max-old-space-size=${Math.ceil(bytes / 2 ** 20)}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
    })
    this.#pid = this.#child.pid ?? 0
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#isWorn = true
        // What it started shall not outlive it.
        this.kill()
        resolve()
      }
      this.#child.on('exit', end).on('error', end)
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#noise = (this.#noise + chunk.toString()).slice(-4000)
    })
    if (this.#pid !== 0) volunteerForOutOfMemory(this.#pid)
  }

  /** Whether the next job needs another process. */
  get isWorn(): boolean {
    return this.#isWorn || this.#pid === 0
  }

  /** Does one job. Whatever happens is an outcome. */
  async run(job: ZooJob, onStage: (text: string) => void): Promise<Outcome> {
    const { limits } = job
    let last = 'starting'
    this.#noise = ''
    const outcome = await new Promise<Outcome>((resolve) => {
      const fail = (kind: Failed['kind'], what: string) => {
        this.#isWorn = true
        settle({ state: 'failed', kind, error: `${job.file}: ${what} (${last})`.replaceAll(/\s+/g, ' ') })
      }
      const clock = setTimeout(
        () => fail('time-limit', `took longer than ${limits.seconds} s; allow more with --time-limit`),
        limits.seconds * 1000,
      )
      const sampler = setInterval(async () => {
        const taken = await residentBytes(this.#pid)
        if (taken > limits.bytes)
          fail('memory-limit', `took more than ${bytesText(limits.bytes)}; allow more with --memory-limit`)
      }, sampleMs)
      const onMessage = (message: WorkerMessage) => {
        if ('stage' in message) onStage((last = message.stage))
        else if ('outcome' in message) settle(message.outcome)
        else fail('bug', `a bug of onnx-tailor: ${message.bug}`)
      }
      const onExit = (code: number | null, signal: string | null) => fail(...crash(code, signal, this.#noise))
      const settle = (value: Outcome) => {
        clearTimeout(clock)
        clearInterval(sampler)
        this.#child.off('message', onMessage).off('exit', onExit)
        resolve(value)
      }
      this.#child.on('message', onMessage).on('exit', onExit)
      if (this.isWorn) fail('crash', 'no process for it could be started')
      else this.#child.send({ job }, (error) => error && fail('crash', error.message))
    })
    if (this.#isWorn) {
      this.kill()
      await this.#ended
    } else if ((await residentBytes(this.#pid)) > limits.bytes * idleShare) this.#isWorn = true
    return outcome
  }

  /** Ends it and all it started, now. */
  kill(): void {
    if (this.#pid !== 0) killGroup(this.#pid)
  }

  /** Ends it once it has removed what it staged. */
  async close(): Promise<void> {
    if (this.#isWorn || !this.#child.connected) {
      this.kill()
      return this.#ended
    }
    const timer = setTimeout(() => this.kill(), graceMs)
    this.#child.disconnect()
    await this.#ended
    clearTimeout(timer)
  }
}

/** What ended a process that nobody asked to end. */
function crash(code: number | null, signal: string | null, noise: string): [Failed['kind'], string] {
  // V8 says so before it aborts.
  if (/heap out of memory|Reached heap limit/.test(noise))
    return ['memory-limit', 'took more memory than it may; allow more with --memory-limit']
  const lines = noise.trim().split('\n')
  const line = lines.find((text) => /^\s*\w*error\b/i.test(text)) ?? lines.at(-1) ?? ''
  const how = signal === null ? `code ${code}` : signal
  return ['crash', `the process ended with ${how}${line === '' ? '' : `: ${line.trim()}`}`]
}
