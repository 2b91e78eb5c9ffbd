import { estimateFile } from '../estimator/estimate-file.js'
import type { Metrics } from '../estimator/metrics.js'
import { type StagedModel, stageModel } from '../export/write-model.js'
import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { DriverResult } from '../passes/driver.js'
import type { AccuracyEntry } from '../report/report.js'
import type { Found } from './found.js'
import type { JobOptions } from './job-options.js'
import { judge } from './judge.js'
import { type Tailored, type TailorJob, tailor } from './tailor.js'
import { type Checked, verifyStaged } from './verification.js'

/** A result that is written, under a name of its own, verified and judged: it becomes visible, or it is discarded. */
export interface Attempt {
  readonly recipe: Recipe | undefined
  readonly final: Model
  readonly tailored: Tailored | undefined
  readonly staged: StagedModel
  readonly after: Metrics
  readonly checked: Checked
  readonly accuracy: AccuracyEntry | null
  /** It differs in nothing that it should not, and lost no more than is allowed. */
  readonly isGood: boolean
}

export interface AttemptJob extends TailorJob {
  readonly file: string
  readonly out: string
  /** With exact passes applied. */
  readonly model: Model
  readonly passes: DriverResult
  /** The original once more, as it was before any pass. */
  readonly prepare: () => Promise<{ readonly model: Model; readonly symbols: ReadonlyMap<string, number> }>
}

/** Tailors, writes beside the final name, verifies and judges. Nothing is left behind where that throws. */
export async function attempt(recipe: Recipe | undefined, job: AttemptJob): Promise<Attempt> {
  const { file, out, model, passes, prepare, options, symbols, data, clock } = job
  const stage = options.onStage ?? (() => {})
  const tailored = recipe === undefined ? undefined : await tailor(model, recipe, job)
  const final = tailored?.model ?? model
  stage(`writing ${out}`)
  const staged = await stageModel(final, out, options.signal === undefined ? {} : { signal: options.signal })
  try {
    clock.lap('export')
    stage('estimating the result')
    const after = await estimateFile(final, staged.path, options.target, { symbols }, options.signal)
    clock.lap('estimate')
    stage('verifying with onnxruntime')
    const checked = await verifyStaged({ file, staged, passes, tailored, data, symbols, options, prepare })
    clock.lap('verify')
    const differs = checked.verification.verdict === 'differs'
    let accuracy: AccuracyEntry | null = null
    if (data !== undefined && !differs) {
      accuracy = await judge({ path: file, model }, { path: staged.path, model: final }, data, options)
      clock.lap('judge')
    }
    options.signal?.throwIfAborted()
    const isGood = !differs && accuracy?.gate.verdict !== 'failed'
    return { recipe, final, tailored, staged, after, checked, accuracy, isGood }
  } catch (error) {
    await staged.discard()
    throw error
  }
}

/** Results that are written, verified and judged, before the last one is taken. */
const mostAttempts = 3

/**
 * The first result that is good, of what a search found; where none is, the last, or the model with exact passes alone where
 * that keeps all that was asked for. `onFailed` is told of each that is not, while there is another to be tried.
 */
export async function firstGood(
  { first, after, isBestAsIs }: Pick<Found, 'first' | 'after' | 'isBestAsIs'>,
  job: AttemptJob,
  onFailed: (failed: Attempt) => void,
): Promise<Attempt> {
  let recipe = first
  for (let count = 1; ; count++) {
    const tried = await attempt(recipe, job)
    if (tried.isGood || recipe === undefined) return tried
    const next = count < mostAttempts ? after(recipe, tried.accuracy) : undefined
    if (next === undefined && !isBestAsIs) return tried
    onFailed(tried)
    await tried.staged.discard()
    recipe = next
  }
}

/** What is emitted although it is not good: what lost too much, where that was asked for; never what is wrong. */
export const mayBeEmitted = ({ isGood, checked }: Attempt, { bestEffort = false }: JobOptions): boolean =>
  isGood || (bestEffort && checked.verification.verdict !== 'differs')
