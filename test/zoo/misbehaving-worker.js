// A worker that does what the name of its job says: everything that a runner must survive.
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const send = (message) => process.send(message)
const held = []

const acts = {
  done: () => send({ answer: { state: 'done', model: { pid: process.pid }, external: [], boundShapes: [] } }),
  refuse: () => send({ answer: { state: 'failed', kind: 'bad-file', error: 'refused' } }),
  throw: () => send({ bug: 'Error: a bug\n    at somewhere' }),
  abort: () => process.abort(),
  exit: () => process.exit(3),
  exception: () => {
    throw new Error('nobody caught this')
  },
  hang: () => {
    send({ stage: 'spinning' })
    for (;;);
  },
  // Memory outside the heap of the engine, a step at a time so that the channel stays alive.
  grow: () => {
    held.push(Buffer.alloc(32 * 2 ** 20, 1))
    setTimeout(acts.grow, 5)
  },
  heap: () => {
    const list = []
    for (;;) list.push([Math.random(), String(Math.random())])
  },
  // A process below the worker takes it.
  child: () => {
    const code = 'const held = []; setInterval(() => held.push(Buffer.alloc(32 * 2 ** 20, 1)), 5)'
    spawn(process.execPath, ['-e', code], { stdio: 'ignore' })
  },
  // Leaves a file behind, and an endless job after it where the name says so.
  temporary: (name) => {
    const file = join(mkdtempSync(join(tmpdir(), 'left-')), 'file')
    writeFileSync(file, '')
    send({ stage: file })
    if (name.endsWith('hang')) for (;;);
    acts.done()
  },
  // A process below that outlives everything that is not meant to end it.
  orphan: () => {
    const { pid } = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    send({ stage: `child ${pid}` })
  },
}

process.on('message', ({ request: job }) => acts[job.name.split('-')[0]](job.name))
process.on('disconnect', () => {
  process.on('exit', () => process.kill(-process.pid, 'SIGKILL'))
  process.exit(1)
})
