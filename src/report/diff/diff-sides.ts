import type { DecisionEntry, VerificationEntry } from '../report.js'
import { type FigureRow, figures } from '../rows.js'
import { assertableAccuracy, dropBetween } from './accuracy-drop.js'
import { type Assertable, type Assertion, type AssertionResult, judgeAssertion, unknownFigure } from './assertions.js'
import { compareGraphs, type GraphDiff, type Relation, relatedShare } from './graph-diff.js'
import { type AlignedKernels, alignKernels } from './kernel-alignment.js'
import type { Side, SideAccuracy } from './side.js'

/** Two models or reports. */
export interface Diff {
  readonly before: string
  readonly after: string
  /** Whether one network is compared with itself; by the kernels where a graph is missing. */
  readonly relation: Relation
  readonly rows: readonly FigureRow[]
  /** Which kernels became which. */
  readonly kernels: readonly AlignedKernels[]
  /** null: one of the graphs is not there. */
  readonly graph: GraphDiff | null
  /** Both run on the same inputs; null: they were not. */
  readonly outputs: VerificationEntry | null
  readonly accuracy: AccuracyDiff
  /** What each report says of its result. */
  readonly verification: { readonly before: VerificationEntry | null; readonly after: VerificationEntry | null }
  /** Decisions that only one of the sides has. */
  readonly decisions: { readonly before: readonly DecisionEntry[]; readonly after: readonly DecisionEntry[] }
  readonly assertions: readonly AssertionResult[]
}

export interface AccuracyDiff {
  readonly before: SideAccuracy | null
  readonly after: SideAccuracy | null
  /**
   * By how much `after` is worse: than `before` where both have the metric, else than the original of its own report. null:
   * nothing is known of it.
   */
  readonly drop: number | null
}

/** What a comparison judges, beside what it finds by itself. */
export interface DiffOptions {
  readonly assertions?: readonly Assertion[]
  readonly outputs?: VerificationEntry
}

/** Throws UserError `usage` for an assertion about what is not known here. */
export function diffSides(before: Side, after: Side, { assertions = [], outputs }: DiffOptions = {}): Diff {
  const rows = rowsOf(before, after)
  const graphs =
    before.model === undefined || after.model === undefined ? undefined : compareGraphs(before.model, after.model)
  // Origins of reports are nodes of their original; those of models are nodes of their own.
  const areModels = before.original === undefined && after.original === undefined
  const assertable = [...rows.map(assertableRow), ...assertableAccuracy(before.accuracy, after.accuracy)]
  const { kernels: old } = before.metrics
  const { kernels: young } = after.metrics
  const kernels = alignKernels(old, young, areModels ? graphs?.counterparts : undefined)
  return {
    before: before.file,
    after: after.file,
    relation: graphs?.diff.relation ?? relationOfKernels(kernels),
    rows,
    kernels,
    graph: graphs?.diff ?? null,
    outputs: outputs ?? null,
    accuracy: {
      before: before.accuracy ?? null,
      after: after.accuracy ?? null,
      drop: dropBetween(before.accuracy, after.accuracy) ?? null,
    },
    verification: { before: before.verification ?? null, after: after.verification ?? null },
    decisions: { before: onlyIn(before, after), after: onlyIn(after, before) },
    assertions: assertions.map((assertion) => {
      const result = judgeAssertion(assertion, assertable)
      if (result === undefined) throw unknownFigure(assertion, assertable)
      return result
    }),
  }
}

function relationOfKernels(aligned: readonly AlignedKernels[]): Relation {
  const sizeOf = ({ before, after }: AlignedKernels) => before.length + after.length
  const all = aligned.reduce((sum, group) => sum + sizeOf(group), 0)
  const matched = aligned.filter(({ before, after }) => before.length > 0 && after.length > 0)
  return matched.reduce((sum, group) => sum + sizeOf(group), 0) >= relatedShare * all ? 'related' : 'unrelated'
}

function rowsOf(before: Side, after: Side): FigureRow[] {
  const rows: FigureRow[] = []
  for (const figure of figures) {
    if (figure.ofMetrics !== undefined) {
      rows.push({ figure, before: figure.ofMetrics(before.metrics), after: figure.ofMetrics(after.metrics) })
    } else if (figure.ofFile !== undefined && before.facts !== null && after.facts !== null) {
      rows.push({ figure, before: figure.ofFile(before.facts), after: figure.ofFile(after.facts) })
    }
  }
  return rows
}

const assertableRow = ({ figure, before, after }: FigureRow): Assertable => ({
  key: figure.key,
  ...(figure.field !== undefined && { field: figure.field }),
  before,
  after,
  format: figure.format,
})

function onlyIn(side: Side, other: Side): DecisionEntry[] {
  const key = ({ decision }: DecisionEntry) => JSON.stringify(decision)
  const known = new Set((other.decisions ?? []).map(key))
  return (side.decisions ?? []).filter((entry) => !known.has(key(entry)))
}
