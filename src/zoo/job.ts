import { estimateFile } from '../estimator/estimate-file.js'
import { landscapeOf } from '../estimator/landscape.js'
import type { Metrics } from '../estimator/metrics.js'
import { type StagedModel, stageModel } from '../export/write-model.js'
import { planKernels } from '../hw/kernels.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import { type FormerNames, rememberNames } from '../passes/architecture/former-names.js'
import { readRecipe } from '../passes/architecture/recipe-file.js'
import type { PassKind } from '../passes/define.js'
import type { DriverResult } from '../passes/driver.js'
import { changedPlaces } from '../report/changed-places.js'
import { outlineOf } from '../report/graph-outline.js'
import { matchKernels } from '../report/kernel-matches.js'
import type { AccuracyEntry, Report } from '../report/report.js'
import { cleanUp } from '../search/clean-up.js'
import { curatedStep } from '../search/curated-step.js'
import { fileFacts } from './facts.js'
import { freezeSymbols } from './freeze.js'
import { openJobData } from './job-data.js'
import type { JobOptions } from './job-options.js'
import { judge } from './judge.js'
import { outputPath } from './output-path.js'
import { firstPassOptions, passContext } from './pass-context.js'
import { searchRecipe } from './search-recipe.js'
import { startStopwatch } from './stopwatch.js'
import { tailor } from './tailor.js'
import { targetEntry } from './target-entry.js'
import { type Checked, verifyStaged } from './verification.js'

/**
 * One model from file to file: import, passes, the recipe if there is one, estimate, staged export, verification, the accuracy
 * gate, and only then the rename that makes the result visible. The report says what happened; `result` is null when nothing
 * was emitted.
 */
export async function optimizeFile(file: string, options: JobOptions): Promise<Report> {
  const clock = startStopwatch()
  const stage = options.onStage ?? (() => {})
  const out = outputPath(file, options.out)
  const given = typeof options.recipe === 'string' ? readRecipe(options.recipe) : options.recipe

  stage(`reading ${file}`)
  const prepare = async () => {
    const model = await readModel(file)
    const symbols = options.bind?.(model) ?? new Map<string, number>()
    return { model, symbols }
  }
  const { model, symbols } = await prepare()
  const original = await fileFacts(file, model)
  const data = isJudged(options) ? await openJobData(model, options) : undefined
  clock.lap('import')

  stage('estimating the original')
  const before = await estimateFile(model, file, options.target, { symbols }, options.signal)
  const outline = outlineOf(model)
  const landscape = landscapeOf(
    planKernels(model, options.target, { symbols }).kernels,
    options.target,
    curatedStep(options.target),
  )
  clock.lap('estimate')

  stage('running passes')
  if (options.freeze) freezeSymbols(model, symbols)
  const context = passContext(model, options.target, firstPassOptions(options))
  const former = rememberNames(model)
  const passes = await cleanUp(model, context, { ...(options.signal && { signal: options.signal }) })
  clock.lap('passes')

  const found = given === undefined ? await searched(model, symbols, former, options) : undefined
  clock.lap('search')
  const recipe = given ?? found?.recipe
  const tailored =
    recipe === undefined ? undefined : await tailor(model, recipe, { options, symbols, former, data, clock })
  const final = tailored?.model ?? model

  stage(`writing ${out}`)
  const staged = await stageModel(final, out, options.signal === undefined ? {} : { signal: options.signal })
  let checked: Checked
  let accuracy: AccuracyEntry | null = null
  let after: Metrics
  let result: Report['result']
  try {
    clock.lap('export')
    stage('estimating the result')
    after = await estimateFile(final, staged.path, options.target, { symbols }, options.signal)
    clock.lap('estimate')
    stage('verifying with onnxruntime')
    checked = await verifyStaged({ file, staged, passes, tailored, data, symbols, options, prepare })
    clock.lap('verify')
    if (data !== undefined && checked.verification.verdict !== 'differs') {
      accuracy = await judge({ path: file, model }, { path: staged.path, model: final }, data, options)
      clock.lap('judge')
    }
    options.signal?.throwIfAborted()
    result = mayBeEmitted(checked, accuracy, options) ? await emit(staged, final, out) : null
    await staged.discard()
  } catch (error) {
    await staged.discard()
    throw error
  }
  return {
    reportVersion: 1,
    tool: options.tool,
    model: {
      ...original,
      opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain || 'ai.onnx', version])),
    },
    result,
    target: targetEntry(options.target, [before, after]),
    before,
    after,
    kernelMatches: matchKernels(before.kernels, after.kernels),
    landscape: landscape ?? null,
    changes: changedPlaces(outline, outlineOf(final)),
    passes: tailored === undefined ? passes.passes : addedUp(passes.passes, tailored.passes.passes),
    decisions: tailored?.decisions ?? [],
    search: found?.entry ?? { algorithm: 'none' },
    verification: checked.verification,
    accuracy,
    warnings: [
      ...model.warnings,
      ...checked.warnings,
      ...droppedInputs(passes),
      ...bestEffortWarnings(tailored?.kind, accuracy, result),
    ],
    timing: clock.laps(),
  }
}

/** The recipe that a search finds, if there is to be one. */
async function searched(model: Model, symbols: ReadonlyMap<string, number>, former: FormerNames, options: JobOptions) {
  const { search, target, seed = 0, timeLimitSeconds, onStage, signal } = options
  if (search === undefined) return undefined
  return searchRecipe(model, search, { target, symbols, former, seed, timeLimitSeconds, onStage, signal })
}

/** Samples are looked at as samples where something is to be fitted or judged; otherwise they are inputs to verify on. */
const isJudged = ({ recipe, search, labels, testData, testLabels, metric, maxDrop }: JobOptions): boolean =>
  [recipe, search, labels, testData, testLabels, metric, maxDrop].some((option) => option !== undefined)

/** What differs is wrong, and never emitted; what lost too much is emitted only when asked for. */
const mayBeEmitted = (
  { verification }: Checked,
  accuracy: AccuracyEntry | null,
  { bestEffort = false }: JobOptions,
): boolean => verification.verdict !== 'differs' && (accuracy?.gate.verdict !== 'failed' || bestEffort)

async function emit(staged: StagedModel, model: Model, out: string): Promise<Report['result']> {
  const written = await staged.commit()
  return { ...(await fileFacts(out, model)), bytes: written.bytes, sha256: written.sha256 }
}

function bestEffortWarnings(
  kind: PassKind | undefined,
  accuracy: AccuracyEntry | null,
  result: Report['result'],
): string[] {
  if (result === null) return []
  if (accuracy?.gate.verdict === 'failed') return [`written all the same: ${accuracy.gate.reason}`]
  if (kind === 'lossy' && accuracy === null) return ['nothing judged what the recipe lost: no samples were given']
  return []
}

/** Two runs of the same passes as one: what they changed together, and what they decline in the end. */
const addedUp = (first: DriverResult['passes'], second: DriverResult['passes']): DriverResult['passes'] =>
  second.map((pass) => ({
    ...pass,
    fired: pass.fired + (first.find(({ name }) => name === pass.name)?.fired ?? 0),
  }))

function droppedInputs({ passes }: DriverResult): string[] {
  const dropped = passes.find(({ name }) => name === 'drop-overridable-inputs')?.fired ?? 0
  if (dropped === 0) return []
  return [`${dropped} inputs with default values are constants now; --keep-overridable keeps them`]
}
