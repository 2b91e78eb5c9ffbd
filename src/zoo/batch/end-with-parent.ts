import { Worker } from 'node:worker_threads'

/** Milliseconds between two looks. */
const watchMs = 500

/** What the thread runs: a parent that died leaves its children to another one. */
const watch = `
const parent = process.ppid
setInterval(() => { if (process.ppid !== parent) process.kill(-process.pid, 'SIGKILL') }, ${watchMs})
`

/**
 * Ends this process and its group when its parent is gone, even while it computes and hears nothing: a thread of its own
 * watches. For processes that lead a group. Windows ends no group, and is left to the channel.
 */
export function endWithParent(): void {
  if (process.platform === 'win32') return
  new Worker(watch, { eval: true, stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref()
}
