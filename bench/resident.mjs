import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process and all that it started, in bytes. */
export function residentOf(pid) {
  const parents = new Map()
  const sizes = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      parents.set(Number(entry), Number(fields[1]))
      sizes.set(Number(entry), Number(fields[21]) * 4096)
    } catch {
      // It has ended.
    }
  }
  const isBelow = (child) => child === pid || (parents.has(child) && child > 1 && isBelow(parents.get(child)))
  return [...sizes].filter(([each]) => isBelow(each)).reduce((sum, [, size]) => sum + size, 0)
}

/** Looks at it five times a second until it is stopped; then the most that was seen. */
export function watchResident(pid) {
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, residentOf(pid))
  }, 200)
  return {
    /** Since the last time that somebody asked. */
    take() {
      const seen = peak
      peak = 0
      return seen
    },
    stop() {
      clearInterval(timer)
      return peak
    },
  }
}
