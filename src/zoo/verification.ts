import { readSamples } from '../accuracy/samples.js'
import type { StagedModel } from '../export/write-model.js'
import { stageModel } from '../export/write-model.js'
import type { DType } from '../ir/dtype.js'
import type { Model } from '../ir/graph.js'
import type { DriverResult } from '../passes/driver.js'
import type { VerificationEntry } from '../report/report.js'
import { exactTolerance, roundingTolerance, type Tolerance } from '../runtime/compare.js'
import { type Verification, type VerifyOptions, verify } from '../runtime/verify.js'
import { firstGuilty } from '../search/clean-up.js'
import type { JobData } from './job-data.js'
import type { JobOptions } from './job-options.js'
import { firstPassOptions, passContext } from './pass-context.js'
import type { Tailored } from './tailor.js'

export interface Checked {
  readonly verification: VerificationEntry
  readonly warnings: readonly string[]
}

interface Staged {
  /** The original. */
  readonly file: string
  readonly staged: StagedModel
  readonly passes: DriverResult
  /** What a recipe made of it. */
  readonly tailored: Tailored | undefined
  /** Samples to judge by. */
  readonly data: JobData | undefined
  readonly symbols: ReadonlyMap<string, number>
  readonly options: JobOptions
  /** The original once more, as it was before any pass. */
  readonly prepare: () => Promise<{ readonly model: Model; readonly symbols: ReadonlyMap<string, number> }>
}

/** Compares the staged result with the original; when they differ, the first guilty pass and place are named. */
export async function verifyStaged(job: Staged): Promise<Checked> {
  const { file, staged, passes, options, symbols } = job
  if (options.verify === false)
    return { verification: { verdict: 'skipped', reason: 'asked not to', outputs: [] }, warnings: [] }
  const { model } = await job.prepare()
  const settings: VerifyOptions = {
    seed: options.seed ?? 0,
    threads: options.threads ?? 1,
    timeLimitSeconds: options.timeLimitSeconds ?? 120,
    tolerance: toleranceOf(passes),
    symbols,
    ...(await inputsFor(job, model)),
    ...(options.signal && { signal: options.signal }),
  }
  if (job.tailored !== undefined && job.tailored.kind !== 'exact')
    return verifyTailored(job, job.tailored, model, settings)
  const found = await verify({ path: file }, { path: staged.path }, model, settings)
  if (found.verdict !== 'differs') return { verification: entryOf(found), warnings: warningsOf(found) }
  options.onStage?.('looking for the guilty pass')
  // A recipe's changes are no firings of passes.
  const guilty = job.tailored === undefined ? await blame(job, settings) : undefined
  const reason = guilty === undefined ? found.reason : `${found.reason}; first wrong after ${guilty}`
  return { verification: entryOf({ ...found, ...(reason !== undefined && { reason }) }), warnings: warningsOf(found) }
}

/** Samples where there are some, inputs of the user, or else generated ones. */
async function inputsFor({ data, options }: Staged, model: Model): Promise<Pick<VerifyOptions, 'data'>> {
  if (data !== undefined) return { data: [await data.test.batch([0])] }
  return options.data === undefined ? {} : { data: await readSamples(options.data, model) }
}

/**
 * What a recipe left of the original: the same function is compared like any other result. Another one cannot agree; it has
 * to run and to have outputs of the same kind, and the accuracy gate decides.
 */
async function verifyTailored(
  { file, staged }: Staged,
  tailored: Tailored,
  model: Model,
  settings: VerifyOptions,
): Promise<Checked> {
  if (tailored.kind === 'rounding') {
    const found = await verify({ path: file }, { path: staged.path }, model, {
      ...settings,
      tolerance: roundingTolerance,
    })
    return { verification: entryOf(found), warnings: warningsOf(found) }
  }
  // A result of another resolution takes no input of the original's: it is asked whether it runs on its own.
  const isResized = tailored.decisions.some(({ decision }) => decision.kind === 'resolution')
  const { data: _, ...own } = settings
  const found = isResized
    ? await verify({ path: staged.path }, { path: staged.path }, tailored.model, own)
    : await verify({ path: file }, { path: staged.path }, model, { ...settings, tolerance: anyDifference })
  if (found.verdict !== 'agrees') return { verification: entryOf(found), warnings: warningsOf(found) }
  const reason = 'the recipe is lossy: it runs, and accuracy decides'
  const outputs = isResized ? [] : found.outputs
  return { verification: entryOf({ ...found, verdict: 'skipped', reason, outputs }), warnings: warningsOf(found) }
}

/** Everything but a number that is none. */
const anyDifference = (): Tolerance => ({ rtol: 0, atol: Number.MAX_VALUE })

/** Exact passes must leave every bit alone; rounding ones may reassociate. */
function toleranceOf({ passes }: DriverResult): (dtype: DType) => Tolerance {
  const isExact = passes.every(({ kind, fired }) => fired === 0 || kind === 'exact')
  return isExact ? exactTolerance : roundingTolerance
}

async function blame(job: Staged, settings: VerifyOptions): Promise<string | undefined> {
  const { file, passes, options, prepare, staged } = job
  const fresh = async () => {
    const { model } = await prepare()
    return { model, context: passContext(model, options.target, firstPassOptions(options)) }
  }
  const agrees = async (model: Model) => {
    const trial = await stageModel(model, `${staged.path}.trial.onnx`)
    try {
      const { model: original } = await prepare()
      return (await verify({ path: file }, { path: trial.path }, original, settings)).verdict !== 'differs'
    } finally {
      await trial.discard()
    }
  }
  const guilty = await firstGuilty(passes.firings, fresh, agrees)
  return guilty === undefined ? undefined : `pass ${guilty.pass} at ${guilty.place}`
}

type Entry = Pick<VerificationEntry, 'verdict' | 'reason'> & Pick<Verification, 'outputs'>

/** What a report keeps of it. */
export function entryOf({ verdict, reason, outputs }: Entry): VerificationEntry {
  return {
    verdict,
    ...(reason !== undefined && { reason }),
    outputs: outputs.map(({ name, maxAbs, maxRel, cosine, sqnrDb }) => ({ name, maxAbs, maxRel, cosine, sqnrDb })),
  }
}

function warningsOf({ verdict, optimization, runtimeDeviation }: Verification): string[] {
  const warnings: string[] = []
  if (verdict !== 'unverified' && optimization === 'all') {
    warnings.push('onnxruntime loads the original only with its graph optimizations on: both models ran so')
  }
  const off = runtimeDeviation?.filter(({ agrees }) => !agrees) ?? []
  if (off.length > 0) {
    const names = off.map(({ name }) => `"${name}"`).join(', ')
    warnings.push(`onnxruntime's own optimizations change ${names} of the original beyond the tolerance`)
  }
  return warnings
}
