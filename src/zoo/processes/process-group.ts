import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { platform } from 'node:process'
import { promisify } from 'node:util'

/** Ends a process that leads a group, and all others in the group. */
export function killGroup(leader: number): void {
  try {
    if (platform === 'win32') execFile('taskkill', ['/pid', String(leader), '/T', '/F'])
    else process.kill(-leader, 'SIGKILL')
  } catch (error) {
    // All of them ended already; some systems say EPERM of those that are not buried yet.
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Resident bytes of a process and all below it. 0 where the system does not tell. */
export async function residentBytes(root: number): Promise<number> {
  if (platform === 'linux') return residentOnLinux(root)
  if (platform === 'win32') return 0
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,rss=']).catch(() => ({ stdout: '' }))
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  return residentInTable(root, rows as [pid: number, parent: number, kibibytes: number][])
}

/** The same from a table of all processes. */
export function residentInTable(
  root: number,
  rows: readonly (readonly [pid: number, parent: number, kibibytes: number])[],
): number {
  const inside = new Set([root])
  // A process may be listed before its parent.
  for (let size = 0; size !== inside.size; ) {
    size = inside.size
    for (const [pid, parent] of rows) if (inside.has(parent)) inside.add(pid)
  }
  return rows.reduce((sum, [pid, , kibibytes]) => sum + (inside.has(pid) ? kibibytes * 1024 : 0), 0)
}

/** Source: proc(5), `status` (VmRSS, in KiB) and `children`. */
function residentOnLinux(pid: number): number {
  try {
    const [, kibibytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return children.reduce((sum, child) => sum + residentOnLinux(Number(child)), Number(kibibytes) * 1024)
  } catch {
    // It ended while we looked.
    return 0
  }
}

/** When the system runs out of memory it shall end this process, not ours. */
export function volunteerForOutOfMemory(pid: number): void {
  if (platform !== 'linux') return
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '800')
  } catch {
    // Not allowed here, or gone already: the system chooses by size.
  }
}
