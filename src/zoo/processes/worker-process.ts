import { type ChildProcess, fork } from 'node:child_process'
import { killGroup, volunteerForOutOfMemory } from './process-group.js'

/** What a worker says of a request; see `serveParent`. */
export type Reply<Answer> =
  | { readonly stage: string }
  | { readonly answer: Answer }
  /** An exception: the stack. */
  | { readonly bug: string }

/** Why a request has no answer. */
export interface Unanswered {
  readonly unanswered: 'crash' | 'memory-limit' | 'bug'
  readonly what: string
}

export const isUnanswered = (result: object): result is Unanswered => 'unanswered' in result

/** How long a worker may take to remove what it staged. */
const graceMs = 2000

/**
 * One child process that answers requests, one after the other. It leads a group of its own: whatever it starts ends with it,
 * and it ends with us. One that crashed, or threw what nobody expected, is worn.
 */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #pid: number
  /** Of stderr, for crashes. */
  #noise = ''
  #isWorn = false
  /** Its number may be another process's by now. */
  #isGone = false
  readonly #ended: Promise<void>

  /** `module`: JavaScript that serves its parent. `scratch`: folder for its temporary files. `flags`: of the engine. */
  constructor(module: URL, scratch: string, flags: readonly string[]) {
    this.#child = fork(module, {
      // A group of its own: ended together, and not by a Ctrl-C that is for us.
      detached: true,
      serialization: 'advanced',
      execArgv: [...flags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, TMPDIR: scratch, TEMP: scratch, TMP: scratch },
    })
    this.#pid = this.#child.pid ?? 0
    this.#ended = new Promise((resolve) => {
      const end = () => {
        this.#isWorn = true
        // What it started shall not outlive it.
        this.kill()
        this.#isGone = true
        resolve()
      }
      this.#child.on('exit', end).on('error', end)
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#noise = (this.#noise + chunk.toString()).slice(-4000)
    })
    if (this.#pid !== 0) volunteerForOutOfMemory(this.#pid)
  }

  /** 0: it could not be started. */
  get pid(): number {
    return this.#pid
  }

  /** Whether the next request needs another process. */
  get isWorn(): boolean {
    return this.#isWorn || this.#pid === 0
  }

  /** No request after the present one. */
  wear(): void {
    this.#isWorn = true
  }

  /** Whatever happens is a result. */
  async ask<Answer>(request: unknown, onStage: (text: string) => void = () => {}): Promise<Answer | Unanswered> {
    this.#noise = ''
    return new Promise((resolve) => {
      const onMessage = (reply: Reply<Answer>) => {
        if ('stage' in reply) onStage(reply.stage)
        else if ('answer' in reply) settle(reply.answer)
        else fail({ unanswered: 'bug', what: reply.bug })
      }
      const onExit = (code: number | null, signal: string | null) => fail(crash(code, signal, this.#noise))
      const fail = (why: Unanswered) => {
        this.#isWorn = true
        settle(why)
      }
      const settle = (result: Answer | Unanswered) => {
        this.#child.off('message', onMessage).off('exit', onExit)
        resolve(result)
      }
      this.#child.on('message', onMessage).on('exit', onExit)
      if (this.isWorn) fail({ unanswered: 'crash', what: 'no process for it could be started' })
      else
        this.#child.send({ request }, (error) => {
          if (error !== null) fail({ unanswered: 'crash', what: error.message })
        })
    })
  }

  /** Ends it and all it started, now. */
  kill(): void {
    if (this.#pid !== 0 && !this.#isGone) killGroup(this.#pid)
  }

  /** The same, and waits until it is gone. */
  end(): Promise<void> {
    this.kill()
    return this.#ended
  }

  /** Ends it once it has removed what it staged. */
  async close(): Promise<void> {
    if (this.#isWorn || !this.#child.connected) return this.end()
    const timer = setTimeout(() => this.kill(), graceMs)
    this.#child.disconnect()
    await this.#ended
    clearTimeout(timer)
  }
}

/** What ended a process that nobody asked to end. */
function crash(code: number | null, signal: string | null, noise: string): Unanswered {
  // V8 says so before it aborts.
  if (/heap out of memory|Reached heap limit/.test(noise))
    return { unanswered: 'memory-limit', what: 'took more memory than it may' }
  const lines = noise.trim().split('\n')
  const line = lines.find((text) => /^\s*\w*error\b/i.test(text)) ?? lines.at(-1) ?? ''
  const how = signal === null ? `code ${code}` : signal
  return { unanswered: 'crash', what: `the process ended with ${how}${line === '' ? '' : `: ${line.trim()}`}` }
}
