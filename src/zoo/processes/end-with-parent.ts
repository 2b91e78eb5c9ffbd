import { Worker } from 'node:worker_threads'
import { ownScratch } from './scratch-folder.js'

/** Milliseconds between two looks. */
const watchMs = 500

/** What the thread runs: a parent that died leaves its children to another one. */
const watch = `
const { rmSync } = require('node:fs')
const { workerData: scratch } = require('node:worker_threads')
const parent = process.ppid
setInterval(() => {
  if (process.ppid === parent) return
  try {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
  } finally {
    process.kill(-process.pid, 'SIGKILL')
  }
}, ${watchMs})
`

/**
 * Ends this process and its group when its parent is gone, even while it computes and hears nothing, and removes its temporary
 * files: a thread of its own watches. For processes that lead a group. Windows ends no group, and is left to the channel.
 */
export function endWithParent(): void {
  if (process.platform === 'win32') return
  new Worker(watch, {
    eval: true,
    workerData: ownScratch(),
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 8 },
  }).unref()
}
