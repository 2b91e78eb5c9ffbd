import { readFileSync } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import { UserError } from '../../ir/errors.js'

interface Owner {
  readonly pid: number
  /** When it started, in ticks since the system did; null where the system does not tell. */
  readonly start: string | null
}

/**
 * Keeps two runs from writing into one folder. The lock of a run that was killed is taken over. Gives what releases it.
 * Throws UserError `usage` while another run is alive.
 */
export async function lockRun(path: string): Promise<() => Promise<void>> {
  const own: Owner = { pid: process.pid, start: startOf(process.pid) }
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(JSON.stringify(own)).finally(() => file.close())
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new UserError('write-failed', '', (error as Error).message, 'check that the folder can be written', path)
    }
    const owner = await ownerIn(path)
    if (attempt > 0 || (owner !== undefined && isAlive(owner))) {
      const what = `another run (process ${owner?.pid ?? 'unknown'}) writes there`
      throw new UserError('usage', '--out', what, 'wait for it, or remove the lock if there is none', path)
    }
    await rm(path, { force: true })
  }
}

/** undefined: nobody finished writing it. */
async function ownerIn(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner
  } catch {
    return undefined
  }
}

/** The process, and no later one of the same number. */
function isAlive({ pid, start }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startOf(pid) === start
}

/** Source: proc(5), field 22 of `stat`; the name in field 2 may hold anything. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
