import type { JobOptions } from '../job-options.js'

/** What a job is asked for, as plain data. Jobs are done side by side; each does one thing at a time. */
export interface JobRequest extends Omit<JobOptions, 'bind' | 'out' | 'jobs' | 'tool' | 'onStage' | 'signal'> {
  /** Sizes of inputs of this model: `name=1,3,224,224`. */
  readonly shape?: readonly string[]
  /** The same for all models: each takes those it has inputs for. */
  readonly sharedShape?: readonly string[]
  /** Size of the first axis of every input. */
  readonly batch?: number | undefined
}
