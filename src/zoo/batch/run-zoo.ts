import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeStaged } from '../../export/staging.js'
import { writeText } from '../../export/write-text.js'
import type { Report } from '../../report/report.js'
import { type ZooFailure, type ZooModel, type ZooSummary, zooSummary } from '../../report/zoo-summary.js'
import { summaryFiles } from '../../report/zoo-views.js'
import { JobKeys } from './job-key.js'
import type { JobRequest } from './job-request.js'
import { isCurrent, Journal } from './journal.js'
import { lockRun } from './run-lock.js'
import type { JobLimits, Outcome, Runner, ZooJob } from './runner.js'

/** One model of a zoo, and what is asked of it. */
export interface ZooEntry {
  readonly name: string
  readonly file: string
  readonly request: JobRequest
  readonly limits: JobLimits
}

/** How a zoo is done. */
export interface ZooOptions {
  /** Folder for results, reports, the summary and the journal. */
  readonly out: string
  readonly runner: Runner
  readonly tool: Report['tool']
  /** Writes each report as a page, too. */
  readonly html?: boolean
  /** Do all of it again. */
  readonly force?: boolean
  /** Do again what failed. */
  readonly retryFailed?: boolean
  readonly progress?: ZooProgress
  readonly signal?: AbortSignal
}

/** What is told while a zoo is done. */
export interface ZooProgress {
  started(job: ZooJob): void
  stage(job: ZooJob, text: string): void
  /** `isOld`: the journal had it, and it was not done again. */
  finished(job: ZooJob, outcome: Outcome, seconds: number, isOld: boolean): void
}

/** What came of a zoo. */
export interface ZooResult {
  readonly summary: ZooSummary
  /** Shapes given for all models that none of them has an input for. */
  readonly unusedShapes: readonly string[]
}

/**
 * Does every model of a zoo that the journal in `out` does not have already, and writes the summary. A run that ends early
 * leaves no summary, and loses only what was in work. Throws UserError for a folder that cannot be written or is in use.
 */
export async function runZoo(entries: readonly ZooEntry[], options: ZooOptions): Promise<ZooResult> {
  const { out, runner, progress, signal } = options
  await mkdir(out, { recursive: true })
  const unlock = await lockRun(join(out, 'zoo.lock'))
  try {
    const journal = await Journal.open(join(out, 'journal.jsonl'))
    const run = new ZooRun(entries, journal, options)
    try {
      for (const name of Object.keys(summaryFiles)) {
        await removeStaged(join(out, name))
        await rm(join(out, name), { force: true })
      }
      await runner.run(
        run.pending(),
        {
          started: (job) => progress?.started(job),
          stage: (job, text) => progress?.stage(job, text),
          finished: (job, outcome, seconds) => run.finish(job, outcome, seconds),
        },
        signal,
      )
    } finally {
      await journal.close()
    }
    const result = run.result()
    for (const [name, write] of Object.entries(summaryFiles))
      await writeText(join(out, name), await write(result.summary))
    return result
  } finally {
    await unlock()
  }
}

class ZooRun {
  readonly #entries: readonly ZooEntry[]
  readonly #journal: Journal
  readonly #options: ZooOptions
  readonly #keys = new JobKeys()
  /** Of jobs in work. */
  readonly #keyed = new Map<ZooJob, { readonly key: string; readonly sha256: string }>()
  readonly #models: ZooModel[] = []
  readonly #failed: ZooFailure[] = []
  readonly #boundShapes = new Set<string>()

  constructor(entries: readonly ZooEntry[], journal: Journal, options: ZooOptions) {
    this.#entries = entries
    this.#journal = journal
    this.#options = options
  }

  /** Jobs that have to be done. Those that the journal has are taken from there on the way. */
  async *pending(): AsyncGenerator<ZooJob> {
    const { force = false, retryFailed = false } = this.#options
    for (const entry of this.#entries) {
      this.#options.signal?.throwIfAborted()
      const job = this.#jobOf(entry)
      // A model that cannot be read has no key, and is refused by whoever does the job.
      const keyed = await this.#keys.of(job).catch(() => undefined)
      const old = force || keyed === undefined ? undefined : this.#journal.of(job.name)
      const isWanted = old !== undefined && !(retryFailed && old.outcome.state === 'failed')
      if (isWanted && (await isCurrent(old, job, keyed!.key))) {
        this.#count(job, old.outcome, old.seconds, true)
        continue
      }
      if (keyed !== undefined) this.#keyed.set(job, keyed)
      yield job
    }
  }

  async finish(job: ZooJob, outcome: Outcome, seconds: number): Promise<void> {
    const keyed = this.#keyed.get(job)
    this.#keyed.delete(job)
    // A model that was replaced meanwhile is done again next time.
    const isSame = outcome.state === 'failed' || outcome.model.sha256 === keyed?.sha256
    if (keyed !== undefined && isSame) {
      const { name, limits } = job
      await this.#journal.add({ name, key: keyed.key, limits, outcome, seconds })
    }
    this.#count(job, outcome, seconds, false)
  }

  result(): ZooResult {
    const shared = new Set(this.#entries.flatMap(({ request }) => request.sharedShape ?? []))
    return {
      summary: zooSummary(this.#options.tool, this.#models, this.#failed),
      unusedShapes: this.#models.length === 0 ? [] : [...shared].filter((text) => !this.#boundShapes.has(text)),
    }
  }

  #jobOf({ name, file, request, limits }: ZooEntry): ZooJob {
    const { out, tool, html = false } = this.#options
    const paths = {
      result: `models/${name}.onnx`,
      report: `reports/${name}.json`,
      ...(html && { html: `reports/${name}.html` }),
    }
    return { name, file, request, limits, folder: out, ...paths, tool }
  }

  #count(job: ZooJob, outcome: Outcome, seconds: number, isOld: boolean): void {
    if (outcome.state === 'done') {
      // The same content may lie elsewhere today.
      this.#models.push({ ...outcome.model, file: job.file })
      for (const text of outcome.boundShapes) this.#boundShapes.add(text)
    } else {
      const { name, file } = job
      this.#failed.push({ name, file, kind: outcome.kind, error: outcome.error, seconds })
    }
    this.#options.progress?.finished(job, outcome, seconds, isOld)
  }
}
