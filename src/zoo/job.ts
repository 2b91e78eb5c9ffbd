import { estimateFile } from '../estimator/estimate-file.js'
import { landscapeOf } from '../estimator/landscape.js'
import type { StagedModel } from '../export/write-model.js'
import { planKernels } from '../hw/kernels.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import { rememberNames } from '../passes/architecture/former-names.js'
import { readRecipe } from '../passes/architecture/recipe-file.js'
import type { PassKind } from '../passes/define.js'
import type { DriverResult } from '../passes/driver.js'
import { changedPlaces } from '../report/changed-places.js'
import { outlineOf } from '../report/graph-outline.js'
import { matchKernels } from '../report/kernel-matches.js'
import { decisionText } from '../report/reason.js'
import type { AccuracyEntry, Report } from '../report/report.js'
import type { SearchEntry } from '../report/search-entry.js'
import { cleanUp } from '../search/clean-up.js'
import { curatedStep } from '../search/curated-step.js'
import { isBuilding } from '../search/request.js'
import { firstGood, mayBeEmitted } from './attempt.js'
import { fileFacts, modelDigest } from './facts.js'
import { freezeSymbols } from './freeze.js'
import { type GivenData, jobData, openGivenData } from './job-data.js'
import type { JobOptions } from './job-options.js'
import { outputPath } from './output-path.js'
import { firstPassOptions, passContext } from './pass-context.js'
import { searchedRecipes, searchWorthwhile } from './searched-recipes.js'
import { startStopwatch } from './stopwatch.js'
import { targetEntry } from './target-entry.js'

/**
 * One model from file to file: import, passes, the recipe if there is one, estimate, staged export, verification, the accuracy
 * gate, and only then the rename that makes the result visible. The report says what happened; `result` is null when nothing
 * was emitted.
 */
export async function optimizeFile(file: string, options: JobOptions): Promise<Report> {
  const clock = startStopwatch()
  const stage = options.onStage ?? (() => {})
  const out = outputPath(file, options.out)
  const start = typeof options.recipe === 'string' ? readRecipe(options.recipe) : options.recipe

  stage(`reading ${file}`)
  const prepare = async () => {
    const model = await readModel(file)
    const symbols = options.bind?.(model) ?? new Map<string, number>()
    return { model, symbols }
  }
  const { model, symbols } = await prepare()
  const original = await fileFacts(file, model)
  const given = isJudged(options) ? await openGivenData(model, options) : noData
  const { search, warning } = searchWorthwhile(options.search, given)
  const data = isJudged({ ...options, search }) ? await jobData(given, options.seed) : undefined
  const digest = search !== undefined && isBuilding(search.algorithm) ? await modelDigest(file, model) : ''
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

  const found =
    search === undefined
      ? undefined
      : await searchedRecipes(model, search, { symbols, former, start, data, options, digest })
  clock.lap('search')
  const attempts = found ?? { first: start, after: () => undefined, isBestAsIs: false }
  const job = { file, out, model, passes, prepare, options, symbols, former, data, clock, workshop: found?.workshop }
  const failures: string[] = []
  const last = await firstGood(attempts, job, ({ accuracy, checked }) => {
    const why = accuracy?.gate.reason ?? checked.verification.reason ?? 'it differs'
    failures.push(`what the search found was not good enough (${why}): something that loses less was taken`)
  })
  const { final, tailored, staged, after, checked, accuracy } = last
  const searched: SearchEntry = found?.entryOf(last.recipe) ?? { algorithm: 'none' }
  let result: Report['result']
  try {
    result = mayBeEmitted(last, options) ? await emit(staged, final, out) : null
  } finally {
    await staged.discard()
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
    search: searched,
    verification: checked.verification,
    accuracy,
    warnings: [
      ...model.warnings,
      ...checked.warnings,
      ...droppedInputs(passes),
      ...(warning === undefined ? [] : [warning]),
      ...(found?.warnings ?? []),
      ...failures,
      ...startWarnings(searched),
      ...bestEffortWarnings(tailored?.kind, accuracy, result),
    ],
    timing: clock.laps(),
  }
}

const noData: GivenData = { data: undefined, test: undefined }

/** Samples are looked at as samples where something is to be fitted or judged; otherwise they are inputs to verify on. */
const isJudged = ({ recipe, search, labels, testData, testLabels, metric, maxDrop }: JobOptions): boolean =>
  [recipe, search, labels, testData, testLabels, metric, maxDrop].some((option) => option !== undefined)

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

/** Of the recipe that a search was to begin with, what the model does not have. */
const startWarnings = (entry: SearchEntry | undefined): string[] =>
  entry === undefined || entry.algorithm === 'none'
    ? []
    : (entry.start?.left ?? []).map(({ decision, reason }) => `not begun with ${decisionText(decision)}: ${reason}`)

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
