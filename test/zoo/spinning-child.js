// Starts a child of itself that never lets its event loop turn, tells its id, and waits to be killed.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../../dist/zoo/batch/end-with-parent.js'

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
  const child = fork(fileURLToPath(import.meta.url), ['spin'], { detached: true })
  child.on('message', () => process.stdout.write(`${child.pid}\n`))
}
