import { serveParent } from '../processes/serve-parent.js'
import { runJob } from './run-job.js'
import type { Outcome, ZooJob } from './runner.js'

/** The child process that does jobs, one at a time; `JobProcess` is its other side. */
serveParent<ZooJob, Outcome>(runJob)
