import { rm } from 'node:fs/promises'
import { UserError } from '../../ir/errors.js'
import type { Recipe } from '../../passes/architecture/decision.js'
import { type Declined, declined } from '../../passes/architecture/declined.js'
import type { Evaluation, Evaluator, FidelityEvaluator } from '../../search/evaluator.js'
import { makeScratch } from '../processes/scratch-folder.js'
import { isUnanswered, type Unanswered, WorkerProcess } from '../processes/worker-process.js'
import type { LaneRequest } from './lane-worker.js'

export interface LaneEvaluatorOptions {
  readonly lanes: number
  /** What a process does; default: evaluates recipes. */
  readonly module?: URL
  /** Ends the processes at once, and interrupts what they were at. */
  readonly signal?: AbortSignal | undefined
}

type OwnEvaluator = Pick<FidelityEvaluator, 'evaluate' | 'known' | 'remember'>

/** What candidates are evaluated with. */
export interface OpenedLanes {
  /** The file of `writeSetup`. */
  readonly setup: string
  /** Evaluates the same in this process, and remembers. */
  readonly own: OwnEvaluator
  /** Ends the processes at once; what they were at is declined. */
  readonly stop?: AbortSignal | undefined
  /** Hears of candidates that no process survived, and why. */
  readonly onLost?: ((why: string) => void) | undefined
}

const defaultModule = new URL('./lane-worker.js', import.meta.url)

/**
 * Evaluates candidates in processes of their own, side by side; each gives what this process would. The processes start at once,
 * and get to know what to evaluate with later. What one of them does not answer (it crashed, it ran out of memory) is evaluated
 * in this process. Close it when done, once or more often: nothing is left behind, nor when this process is killed. What comes
 * after that is evaluated in this process, too.
 */
export class LaneEvaluator implements Evaluator {
  readonly lanes: number
  /** For the files that the processes read. */
  readonly folder = makeScratch()
  readonly #options: LaneEvaluatorOptions
  readonly #idle: Lane[]
  readonly #all: readonly Lane[]
  #opened: OpenedLanes | undefined
  #isClosed = false
  /** The last of the evaluations in this process, which come one after the other. */
  #here: Promise<unknown> = Promise.resolve()

  constructor(options: LaneEvaluatorOptions) {
    const { lanes, module = defaultModule, signal } = options
    this.lanes = lanes
    this.#options = options
    this.#all = Array.from({ length: lanes }, () => new Lane(module, this.folder))
    this.#idle = [...this.#all]
    signal?.addEventListener('abort', this.#kill)
  }

  open(opened: OpenedLanes): void {
    this.#opened = opened
    opened.stop?.addEventListener('abort', this.#kill)
  }

  async evaluate(recipe: Recipe): Promise<Evaluation> {
    const { signal } = this.#options
    if (this.#opened === undefined) throw new Error('not opened')
    const { setup, own, stop } = this.#opened
    const known = await own.known(recipe)
    if (known !== undefined) return known
    if (stop?.aborted) return stopped()
    if (this.#isClosed) return own.evaluate(recipe)
    const lane = this.#idle.pop()
    if (lane === undefined) throw new Error(`more candidates at a time than ${this.lanes}`)
    const answer = await lane.ask({ setup, recipe }).finally(() => this.#idle.push(lane))
    signal?.throwIfAborted()
    if (!isUnanswered(answer)) {
      await own.remember(recipe, answer)
      return answer
    }
    if (stop?.aborted) return stopped()
    return this.#evaluateHere(recipe, this.#opened, answer)
  }

  /** What is wrong with a recipe shows here as it would without lanes; what no process survives is no candidate. */
  async #evaluateHere(
    recipe: Recipe,
    { own, onLost }: OpenedLanes,
    { unanswered, what }: Unanswered,
  ): Promise<Evaluation> {
    const evaluation = this.#here.then(() => own.evaluate(recipe))
    this.#here = evaluation.catch(() => {})
    try {
      return await evaluation
    } catch (error) {
      if (unanswered === 'bug' || !(error instanceof UserError)) throw error
      const why = `${what}; then ${error.message}`
      onLost?.(why)
      return declined('not-evaluated', why, error.remedy)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const each of [this.#options.signal, this.#opened?.stop]) each?.removeEventListener('abort', this.#kill)
    await Promise.all(this.#all.map((lane) => lane.close()))
    await rm(this.folder, { recursive: true, force: true })
  }

  #kill = (): void => {
    for (const lane of this.#all) lane.kill()
  }
}

const stopped = (): Declined => declined('stopped', 'the search was ended', 'give it more time')

/** A place for a process: a worn one is replaced. */
class Lane {
  readonly #start: () => WorkerProcess
  #worker: WorkerProcess

  constructor(module: URL, folder: string) {
    this.#start = () => new WorkerProcess(module, makeScratch(folder), [])
    this.#worker = this.#start()
  }

  async ask(request: LaneRequest): Promise<Evaluation | Unanswered> {
    if (this.#worker.isWorn) {
      await this.#worker.end()
      this.#worker = this.#start()
    }
    return this.#worker.ask<Evaluation>(request)
  }

  kill(): void {
    this.#worker.kill()
  }

  /** The process is gone then; its files lie in the folder of all. */
  close(): Promise<void> {
    return this.#worker.end()
  }
}
