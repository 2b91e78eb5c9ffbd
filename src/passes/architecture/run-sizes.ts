import { isStatic } from '../../ir/dim.js'
import { type AxisForm, type Run, resolve, runsOf } from './axis-form.js'

/** What an axis says of the runs it is made of. */
export type Lesson = 'agrees' | 'contradicts' | 'ambiguous'

/** New sizes of runs of positions, learnt from axes one after the other; a run that nobody spoke of has the size it had. */
export class RunSizes {
  readonly #known = new Map<Run, number>()

  /** Whether every run of the form has been spoken of. */
  isKnown(form: AxisForm): boolean {
    return runsOf(form).every((run) => this.#known.has(run))
  }

  /** Whether a run of the form has another size than it had. */
  isChanged(form: AxisForm): boolean {
    return runsOf(form).some((run) => (this.#known.get(run) ?? run.size) !== run.size)
  }

  /** undefined: symbolic. */
  sizeOf(form: AxisForm): number | undefined {
    const size = this.#evaluate(form)
    return Number.isNaN(size) ? undefined : size
  }

  /** Runs that nobody spoke of keep their size from now on, whatever becomes of the axes they are in. */
  fix(form: AxisForm): void {
    for (const run of runsOf(form)) if (isStatic(run.size) && !this.#known.has(run)) this.#known.set(run, run.size)
  }

  /** An axis of that form has that size now: tells the size of the one run in it that is not known yet. */
  learn(form: AxisForm, size: number): Lesson {
    const resolved = resolve(form)
    const open = new Set(runsOf(resolved).filter((run) => !this.#known.has(run)))
    if (resolved.kind !== 'run' && this.#evaluate(resolved) === size) {
      this.fix(resolved)
      return 'agrees'
    }
    if (open.size === 0) return this.#evaluate(resolved) === size ? 'agrees' : 'contradicts'
    const [run] = open
    if (open.size > 1 || run === undefined) return 'ambiguous'
    // Sums and products are straight lines in one run that occurs once.
    const at = (value: number) => this.#evaluate(resolved, run, value)
    const slope = at(1) - at(0)
    const solution = (size - at(0)) / slope
    if (!Number.isSafeInteger(solution) || solution < 1 || at(solution) !== size) return 'ambiguous'
    this.#known.set(run, solution)
    return 'agrees'
  }

  /** NaN where a run is symbolic. `value`: tried for `run`. */
  #evaluate(form: AxisForm, run?: Run, value?: number): number {
    const resolved = resolve(form)
    if (resolved.kind === 'run') {
      if (resolved === run) return value!
      return this.#known.get(resolved) ?? (isStatic(resolved.size) ? resolved.size : Number.NaN)
    }
    const parts = resolved.kind === 'sum' ? resolved.parts : resolved.factors
    const sizes = parts.map((part) => this.#evaluate(part, run, value))
    return resolved.kind === 'sum' ? sizes.reduce((a, b) => a + b, 0) : sizes.reduce((a, b) => a * b, 1)
  }
}
