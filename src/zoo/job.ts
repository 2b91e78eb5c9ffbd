import { estimateFile } from '../estimator/estimate-file.js'
import type { Metrics } from '../estimator/metrics.js'
import { type StagedModel, stageModel } from '../export/write-model.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import type { DriverResult } from '../passes/driver.js'
import type { Report } from '../report/report.js'
import { cleanUp } from '../search/clean-up.js'
import { fileFacts } from './facts.js'
import { freezeSymbols } from './freeze.js'
import type { JobOptions } from './job-options.js'
import { outputPath } from './output-path.js'
import { foldBudgetBytes, passContext } from './pass-context.js'
import { startStopwatch } from './stopwatch.js'
import { type Checked, verifyStaged } from './verification.js'

/**
 * One model from file to file: import, passes, estimate, staged export, verification, and only then the rename that makes
 * the result visible. The report says what happened; `result` is null when nothing was emitted.
 */
export async function optimizeFile(file: string, options: JobOptions): Promise<Report> {
  const clock = startStopwatch()
  const stage = options.onStage ?? (() => {})
  const out = outputPath(file, options.out)

  stage(`reading ${file}`)
  const prepare = async () => {
    const model = await readModel(file)
    const symbols = options.bind?.(model) ?? new Map<string, number>()
    return { model, symbols }
  }
  const { model, symbols } = await prepare()
  const original = await fileFacts(file, model)
  clock.lap('import')

  stage('estimating the original')
  const before = await estimateFile(model, file, options.target, { symbols }, options.signal)
  clock.lap('estimate')

  stage('running passes')
  if (options.freeze) freezeSymbols(model, symbols)
  const context = passContext(model, options.target, {
    keepOverridable: options.keepOverridable ?? false,
    foldBudgetBytes,
  })
  const passes = await cleanUp(model, context.context, { ...(options.signal && { signal: options.signal }) })
  clock.lap('passes')

  stage(`writing ${out}`)
  const staged = await stageModel(model, out, options.signal === undefined ? {} : { signal: options.signal })
  let checked: Checked
  let after: Metrics
  let result: Report['result']
  try {
    clock.lap('export')
    stage('estimating the result')
    after = await estimateFile(model, staged.path, options.target, { symbols }, options.signal)
    clock.lap('estimate')
    stage('verifying with onnxruntime')
    checked = await verifyStaged({ file, staged, passes, symbols, options, prepare, foldBudgetBytes })
    clock.lap('verify')
    options.signal?.throwIfAborted()
    result = await emit(staged, checked, model, out)
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
    target: { name: options.target.name, kind: options.target.kind, provenance: options.target.provenance },
    before,
    after,
    passes: passes.passes,
    decisions: [],
    search: { algorithm: 'none' },
    verification: checked.verification,
    accuracy: null,
    warnings: [...model.warnings, ...checked.warnings, ...droppedInputs(passes), ...context.warnings()],
    timing: clock.laps(),
  }
}

async function emit(
  staged: StagedModel,
  { verification }: Checked,
  model: Model,
  out: string,
): Promise<Report['result']> {
  if (verification.verdict === 'differs') {
    await staged.discard()
    return null
  }
  const written = await staged.commit()
  return { ...(await fileFacts(out, model)), bytes: written.bytes, sha256: written.sha256 }
}

function droppedInputs({ passes }: DriverResult): string[] {
  const dropped = passes.find(({ name }) => name === 'drop-overridable-inputs')?.fired ?? 0
  if (dropped === 0) return []
  return [`${dropped} inputs with default values are constants now; --keep-overridable keeps them`]
}
