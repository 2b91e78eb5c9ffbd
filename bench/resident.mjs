import { readdirSync, readFileSync } from 'node:fs'

const ticksASecond = 100

/** A process and all that it started: resident bytes, and seconds of processor time, those of processes that ended included. */
export function usageOf(pid) {
  const parents = new Map()
  const usages = new Map()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0)
      parents.set(Number(entry), fields[1])
      usages.set(Number(entry), { bytes: fields[21] * 4096, cpuSeconds: ticks / ticksASecond })
    } catch {
      // It has ended.
    }
  }
  const isBelow = (child) => child === pid || (parents.has(child) && child > 1 && isBelow(parents.get(child)))
  const own = [...usages].filter(([each]) => isBelow(each)).map(([, usage]) => usage)
  return {
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    cpuSeconds: own.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  }
}

/** Looks at it five times a second until it is stopped; then the most that was seen. */
export function watchResident(pid) {
  let [peak, processor] = [0, 0]
  const timer = setInterval(() => {
    const { bytes, cpuSeconds } = usageOf(pid)
    peak = Math.max(peak, bytes)
    processor = Math.max(processor, cpuSeconds)
  }, 200)
  return {
    /** Of processor time, as last seen. */
    cpuSeconds: () => processor,
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
