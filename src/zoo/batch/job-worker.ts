import { endWithParent } from './end-with-parent.js'
import { runJob } from './run-job.js'
import type { ZooJob } from './runner.js'
import { removeOwnScratch } from './scratch-folder.js'
import type { WorkerMessage } from './worker-process.js'

/**
 * The child process that does jobs, one at a time; `WorkerProcess` is its other side. It leads a process group of its own, so
 * that whoever ends it ends the runtime it started as well.
 */
process.on('message', async ({ job }: { job: ZooJob }) => {
  const send = (message: WorkerMessage) => process.send!(message)
  try {
    send({ outcome: await runJob(job, (stage) => send({ stage })) })
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    send({ bug: text })
  }
})

endWithParent()
// The parent may have gone while this was loaded.
if (process.connected) process.on('disconnect', end)
else end()

/** Nobody is left to report to. What is staged is removed on the way out, then everything in this group ends. */
function end(): void {
  process.on('exit', () => {
    removeOwnScratch()
    if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  })
  process.exit(1)
}
