/** Seconds by stage. */
export interface Stopwatch {
  /** Time since the last lap goes to that stage; a stage may come more than once. */
  lap(stage: string): void
  laps(): Record<string, number>
}

export function startStopwatch(): Stopwatch {
  const start = performance.now()
  let last = start
  const laps = new Map<string, number>()
  return {
    lap(stage) {
      const now = performance.now()
      laps.set(stage, (laps.get(stage) ?? 0) + (now - last) / 1000)
      last = now
    },
    laps: () => ({ ...Object.fromEntries(laps), total: (performance.now() - start) / 1000 }),
  }
}
