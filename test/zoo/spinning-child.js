// Starts a child of itself that never lets its event loop turn, tells its id and its folder, and waits to be killed.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../../dist/zoo/processes/end-with-parent.js'
import { makeScratch } from '../../dist/zoo/processes/scratch-folder.js'

if (process.argv[2] === 'spin') {
  endWithParent()
  // The thread has to be there before nothing else happens any more.
  setTimeout(() => {
    process.send('spinning')
    setImmediate(() => {
      for (;;);
    })
  }, 500)
} else {
  const scratch = makeScratch()
  const env = { ...process.env, TMPDIR: makeScratch(scratch) }
  const child = fork(fileURLToPath(import.meta.url), ['spin'], { detached: true, env })
  child.on('message', () => process.stdout.write(`${JSON.stringify({ pid: child.pid, scratch })}\n`))
}
