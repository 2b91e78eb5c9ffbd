import type { AccuracyEntry, Report, VerificationEntry } from './report.js'
import { figureRows } from './rows.js'

/** What became of a set of models, version 1; `docs/zoo-summary.schema.json` is its schema. Every view shows this. */
export interface ZooSummary {
  readonly zooSummaryVersion: 1
  readonly tool: Report['tool']
  /** Emitted ones, the largest gain in latency first. */
  readonly models: readonly ZooModel[]
  /** The others, by name. */
  readonly failed: readonly ZooFailure[]
  readonly totals: ZooTotals
}

/** One model that was emitted. Paths of results and reports are seen from the summary. */
export interface ZooModel {
  /** Its path below the folder that the models have in common. */
  readonly name: string
  readonly file: string
  readonly sha256: string
  readonly target: string
  readonly result: string
  readonly report: string
  /** The report as a page; absent where nobody asked for it. */
  readonly html?: string
  readonly verdict: VerificationEntry['verdict']
  /** Why it was not verified. */
  readonly reason?: string
  /** By the keys that `diff --assert` takes. */
  readonly figures: Readonly<Record<string, { readonly before: number; readonly after: number }>>
  /** null: nothing judged it. */
  readonly accuracy: ZooAccuracy | null
  readonly warnings: number
  readonly seconds: number
}

/** Infinite figures, as of an exact copy, are null. */
export interface ZooAccuracy {
  readonly metric: string
  readonly higherIsBetter: boolean
  readonly before: number | null
  readonly after: number | null
  readonly drop: number | null
}

/** What kept a model from being emitted. */
export type ZooFailureKind =
  | 'bad-file'
  /** Files beside the model that hold its tensors. */
  | 'external-data'
  | 'usage'
  | 'verification-failed'
  | 'gate-failed'
  /** A search found nothing within its budgets. */
  | 'unreachable'
  | 'time-limit'
  | 'memory-limit'
  | 'crash'
  | 'write-failed'
  | 'bug'

/** A model of a zoo that came to nothing, and why. */
export interface ZooFailure {
  readonly name: string
  readonly file: string
  readonly kind: ZooFailureKind
  /** One line that says why. */
  readonly error: string
  readonly seconds: number
}

/** A zoo in a few figures. */
export interface ZooTotals {
  readonly done: number
  readonly failed: number
  /** Emitted without having been compared, though that was tried. */
  readonly unverified: number
  /** Geometric mean of latency after over before; null: nothing takes any time. */
  readonly latencyRatio: number | null
  /** Sum of the time that the models took. */
  readonly seconds: number
}

/** The line of a summary that a report of an emitted model is. */
export function zooModelOf(
  report: Report,
  { name, result, report: path, html }: Pick<ZooModel, 'name' | 'result' | 'report' | 'html'>,
): ZooModel {
  const { model, target, verification, accuracy, warnings, timing } = report
  const rows = figureRows(report)
  return {
    name,
    file: model.file,
    sha256: model.sha256,
    target: target.name,
    result,
    report: path,
    ...(html !== undefined && { html }),
    verdict: verification.verdict,
    ...(verification.reason !== undefined && { reason: verification.reason }),
    figures: Object.fromEntries(rows.map(({ figure, before, after }) => [figure.key, { before, after }])),
    accuracy: accuracy === null ? null : scoresOf(accuracy),
    warnings: warnings.length,
    seconds: timing['total'] ?? 0,
  }
}

function scoresOf({ metric, higherIsBetter, before, after, drop }: AccuracyEntry): ZooAccuracy {
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  return { metric, higherIsBetter, before: finite(before), after: finite(after), drop: finite(drop) }
}

/** Latency after over before; 1 where there was none. */
export const latencyRatio = ({ figures }: ZooModel): number => {
  const { before = 0, after = 0 } = figures['latency'] ?? {}
  return before === 0 ? 1 : after / before
}

/** The same whatever the order in which the models were done. */
export function zooSummary(
  tool: Report['tool'],
  models: readonly ZooModel[],
  failed: readonly ZooFailure[],
): ZooSummary {
  const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : 0
  const sorted = [...models].sort((a, b) => latencyRatio(a) - latencyRatio(b) || byName(a, b))
  return {
    zooSummaryVersion: 1,
    tool,
    models: sorted,
    failed: [...failed].sort(byName),
    totals: {
      done: models.length,
      failed: failed.length,
      unverified: models.filter(({ verdict }) => verdict === 'unverified').length,
      latencyRatio: geometricMean(sorted.map(latencyRatio).filter((ratio) => ratio > 0)),
      seconds: [...models, ...failed].reduce((sum, { seconds }) => sum + seconds, 0),
    },
  }
}

/** null of nothing. The same bits only in the same order. */
const geometricMean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
