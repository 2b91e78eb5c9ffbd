import { endWithParent } from './end-with-parent.js'
import { removeScratch } from './scratch-folder.js'
import type { Reply } from './worker-process.js'

/**
 * Answers what the parent asks for, one request at a time, until the parent is gone or has no more; `WorkerProcess` is the other
 * side. This process leads a group of its own, so that whoever ends it ends the runtime it started as well.
 */
export function serveParent<Request, Answer>(
  answer: (request: Request, onStage: (text: string) => void) => Promise<Answer>,
): void {
  process.on('message', async ({ request }: { readonly request: Request }) => {
    const send = (reply: Reply<Answer>) => process.send!(reply)
    try {
      send({ answer: await answer(request, (stage) => send({ stage })) })
    } catch (error) {
      send({ bug: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  })
  endWithParent()
  // The parent may have gone while this was loaded.
  if (process.connected) process.on('disconnect', end)
  else end()
}

/** Nobody is left to report to. What is staged is removed on the way out, then everything in this group ends. */
function end(): void {
  process.on('exit', () => {
    removeScratch()
    if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  })
  process.exit(1)
}
