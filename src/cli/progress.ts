import type { Ora } from 'ora'

/** What is going on, on stderr: one line on a terminal; elsewhere, of what takes long, a line now and then. */
export interface Progress {
  stage(text: string): void
  stop(): void
}

const silent: Progress = { stage: () => {}, stop: () => {} }

/** The line appears once the work has taken longer than a blink. */
const patienceMs = 300

/** Whether lines on stderr can be taken back: a terminal that says how wide it is. Some say 0, and nothing can be drawn there. */
export const isLive = (): boolean => process.stderr.isTTY === true && process.stderr.columns > 0

export async function startProgress(enabled: boolean): Promise<Progress> {
  if (!enabled) return silent
  if (!isLive()) return startLines()
  const { default: ora } = await import('ora')
  let spinner: Ora | undefined
  let text = ''
  const timer = setTimeout(() => {
    spinner = ora({ text, discardStdin: false }).start()
  }, patienceMs)
  return {
    stage(next) {
      text = next
      if (spinner !== undefined) spinner.text = next
    },
    stop() {
      clearTimeout(timer)
      spinner?.stop()
    },
  }
}

/** Between two lines in a log, and before the first. */
const lineMs = 10_000

/** For logs: what goes on after a while, and whatever is new from then on, but no line on the heels of another. */
function startLines(): Progress {
  const start = performance.now()
  let [text, shown] = ['', '']
  const timer = setInterval(() => {
    if (text === shown) return
    process.stderr.write(`[${Math.round((performance.now() - start) / 1000)} s] ${text}\n`)
    shown = text
  }, lineMs)
  timer.unref()
  return {
    stage(next) {
      text = next
    },
    stop: () => clearInterval(timer),
  }
}

/** A line that shows between steps of work which never lets the event loop turn: no spinner could. */
export function startSteps(enabled: boolean): { stage(text: string, share?: number): void; stop(): void } {
  if (!enabled || !isLive()) return { stage: () => {}, stop: () => {} }
  let shown = 0
  return {
    stage(text, share) {
      const line = share === undefined ? text : `${text}, ${Math.round(100 * share)} % done`
      process.stderr.write(`\r${line.padEnd(shown)}`)
      shown = line.length
    },
    stop() {
      if (shown > 0) process.stderr.write(`\r${' '.repeat(shown)}\r`)
      shown = 0
    },
  }
}

/** Colours: only on a terminal, never with NO_COLOR. */
export const wantsColors = (stream: NodeJS.WriteStream): boolean => stream.isTTY === true && !process.env['NO_COLOR']

/** Aborted by Ctrl-C or a polite kill. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

/** Two ways to end: with the best so far, and at once. */
export interface Interrupts {
  readonly stop: AbortSignal
  readonly signal: AbortSignal
}

/**
 * For work that gets better the longer it goes on: the first Ctrl-C stops it, and what there is is finished; the second ends it,
 * and so does a polite kill.
 */
export function stopThenInterrupt(onStop: () => void): Interrupts {
  const [stop, end] = [new AbortController(), new AbortController()]
  process.on('SIGINT', () => {
    if (stop.signal.aborted) end.abort()
    else {
      stop.abort()
      onStop()
    }
  })
  process.once('SIGTERM', () => end.abort())
  return { stop: stop.signal, signal: end.signal }
}
