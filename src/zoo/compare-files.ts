import { existsSync } from 'node:fs'
import { estimateFile } from '../estimator/estimate-file.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { readJson } from '../ir/json-file.js'
import { typeText } from '../ir/type.js'
import type { Assertion } from '../report/diff/assertions.js'
import { type Diff, diffSides } from '../report/diff/diff-sides.js'
import { diffZoos, type ZooDiff } from '../report/diff/diff-zoos.js'
import { type Side, sideOfReport } from '../report/diff/side.js'
import type { Report, VerificationEntry } from '../report/report.js'
import type { ZooSummary } from '../report/zoo-summary.js'
import { verify } from '../runtime/verify.js'
import { fileDigest, fileFacts } from './facts.js'
import { entryOf } from './verification.js'

/** How two files are compared. */
export interface CompareFilesOptions {
  /** For models; reports say what theirs is. */
  readonly target: Target
  readonly bind: (model: Model) => Map<string, number>
  readonly assertions?: readonly Assertion[]
  /** Runs both on the same inputs where both files are there. Default: yes. */
  readonly outputs?: boolean
  readonly seed?: number
  readonly timeLimitSeconds?: number
  readonly signal?: AbortSignal
  readonly onStage?: (text: string) => void
}

/** Two models or reports, or two zoos. */
export type FileComparison =
  | { readonly kind: 'models'; readonly diff: Diff }
  | { readonly kind: 'zoos'; readonly diff: ZooDiff }

/** Two models, reports (.json) or summaries of zoos (.json). Throws UserError for files at fault, and for one of each kind. */
export async function compareFiles(
  before: string,
  after: string,
  options: CompareFilesOptions,
): Promise<FileComparison> {
  const [old, young] = [await read(before, options), await read(after, options)]
  if ('summary' in old && 'summary' in young) return { kind: 'zoos', diff: diffZoos(old, young, options.assertions) }
  if ('summary' in old || 'summary' in young) {
    const [zoo, other] = 'summary' in old ? [before, after] : [after, before]
    throw new UserError('usage', '', `a summary of a zoo, and ${other} is none`, 'compare two of a kind', zoo)
  }
  const outputs = options.outputs === false ? undefined : await runBoth(old, young, options)
  const { assertions } = options
  return {
    kind: 'models',
    diff: diffSides(old.side, young.side, { ...(assertions && { assertions }), ...(outputs && { outputs }) }),
  }
}

/** A model or a report, and where its model lies if it is there. */
interface ReadSide {
  readonly side: Side
  readonly path?: string
}

async function read(
  file: string,
  options: CompareFilesOptions,
): Promise<ReadSide | { readonly file: string; readonly summary: ZooSummary }> {
  if (file.endsWith('.json')) {
    const value = readJson(file, 'check the path') as { readonly zooSummaryVersion?: unknown }
    if (value?.zooSummaryVersion === 1) return { file, summary: value as ZooSummary }
    return readReport(value as Partial<Report>, file)
  }
  const { target, bind, signal, onStage } = options
  onStage?.(`estimating ${file}`)
  const model = await readModel(file)
  const facts = await fileFacts(file, model)
  const metrics = await estimateFile(model, file, target, { symbols: bind(model) }, signal)
  return { side: { file, facts, metrics, model }, path: file }
}

async function readReport(value: Partial<Report> | null, file: string): Promise<ReadSide> {
  const remedy = 'give a report written by --report, or the summary.json of a zoo'
  if (value?.reportVersion !== 1 || value.after === undefined || value.model === undefined) {
    const found = JSON.stringify(value?.reportVersion) ?? 'nothing'
    throw new UserError('invalid-data', '/reportVersion', `expected 1, found ${found}`, remedy, file)
  }
  const { energy, memory, kernels } = value.after
  if (energy === undefined || memory === undefined || kernels.some(({ origins }) => origins === undefined)) {
    const what = 'no energy, memory or origins of kernels: an older version wrote it'
    throw new UserError('invalid-data', '/after', what, 'write the report again, or give the model itself', file)
  }
  const report = value as Report
  const side = sideOfReport(report, file)
  // Reports outlive their models: the file counts only while it is the one that the report is about.
  const { file: path, sha256 } = report.result ?? report.model
  if (!existsSync(path) || (await fileDigest(path).catch(() => '')) !== sha256) return { side }
  return { side: { ...side, model: await readModel(path) }, path }
}

/** Outputs on the same inputs; undefined: a file is missing. */
async function runBoth(
  before: ReadSide,
  after: ReadSide,
  { bind, seed = 0, timeLimitSeconds = 120, signal, onStage }: CompareFilesOptions,
): Promise<VerificationEntry | undefined> {
  const [old, young] = [before.side.model, after.side.model]
  if (before.path === undefined || after.path === undefined || old === undefined || young === undefined)
    return undefined
  if (interfaceOf(old) !== interfaceOf(young))
    return { verdict: 'skipped', reason: 'they have other inputs or outputs', outputs: [] }
  onStage?.('running both on the same inputs')
  const found = await verify({ path: before.path }, { path: after.path }, old, {
    ...{ seed, timeLimitSeconds, symbols: bind(old) },
    ...(signal && { signal }),
  })
  return entryOf(found)
}

/** Names of outputs; names and types of inputs that have to be fed. */
function interfaceOf({ graph }: Model): string {
  const inputs = graph.inputs.filter(({ tensor }) => tensor === undefined)
  return JSON.stringify([
    inputs.map(({ name, type, claim }) => `${name} ${typeText(type ?? claim)}`),
    graph.outputs.map(({ name }) => name),
  ])
}
