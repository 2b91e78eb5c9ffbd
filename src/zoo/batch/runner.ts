import type { Report } from '../../report/report.js'
import type { ZooFailureKind, ZooModel } from '../../report/zoo-summary.js'
import type { JobRequest } from './job-request.js'

/** One model to be done: plain data, so that it can travel to another process or another machine. */
export interface ZooJob {
  /** Unique in its zoo. */
  readonly name: string
  readonly file: string
  readonly request: JobRequest
  readonly limits: JobLimits
  /** Folder of the zoo's output, and where in it the result and the report go. */
  readonly folder: string
  readonly result: string
  readonly report: string
  /** Where the report goes as a page, if anywhere. */
  readonly html?: string
  readonly tool: Report['tool']
}

/** What lies in the folder once a job is done. */
export const filesOf = ({ result, report, html }: ZooJob): string[] => [
  result,
  report,
  ...(html === undefined ? [] : [html]),
]

/** More than this ends a job. */
export interface JobLimits {
  readonly seconds: number
  /** Resident memory of the job and of the runtime it starts. */
  readonly bytes: number
}

/** A file beside the model that holds its tensors. */
export interface ExternalDigest {
  readonly path: string
  readonly sha256: string
}

/** What became of a job. A model is emitted, and its report written, before it is `done`. */
export type Outcome =
  | {
      readonly state: 'done'
      readonly model: ZooModel
      readonly external: readonly ExternalDigest[]
      /** Which of the shapes that were given for all models it has inputs for. */
      readonly boundShapes: readonly string[]
    }
  | Failed

/** A job that came to nothing, and why. */
export interface Failed {
  readonly state: 'failed'
  readonly kind: ZooFailureKind
  /** One line. */
  readonly error: string
  /** Where the model was read far enough to tell. */
  readonly external?: readonly ExternalDigest[]
}

/** Hears what happens to jobs, in any order between jobs. */
export interface RunObserver {
  started(job: ZooJob): void
  stage(job: ZooJob, text: string): void
  /** A runner takes no other job in its place before this has settled; when it rejects, the run ends. */
  finished(job: ZooJob, outcome: Outcome, seconds: number): Promise<void>
}

/**
 * Does jobs. Whatever one of them does (refuses, crashes, hangs, takes all memory) is its outcome and touches no other. Jobs
 * are asked for when there is room for them. Settles when all are finished; rejects when `signal` is aborted, with nothing
 * half-done left running.
 */
export interface Runner {
  run(jobs: AsyncIterable<ZooJob>, observer: RunObserver, signal?: AbortSignal): Promise<void>
}
