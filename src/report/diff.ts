import type { Metrics } from '../estimator/metrics.js'
import { UserError } from '../ir/errors.js'
import { unitFactor, unitNames } from './quantity.js'
import type { DecisionEntry, ModelFacts, Report } from './report.js'
import { type FigureRow, figures } from './rows.js'

/** One side of a comparison: a report, or a model that was profiled for the purpose. */
export interface Side {
  readonly file: string
  readonly facts: ModelFacts | null
  readonly metrics: Metrics
  /** What a recipe changed; nothing of the kind is known of a model without its report. */
  readonly decisions?: readonly DecisionEntry[]
}

/** The side of a report that describes what is in use now: its result when one was written, else the model. */
export const sideOfReport = (report: Report, file: string): Side => ({
  file,
  facts: report.result ?? report.model,
  metrics: report.after,
  decisions: report.decisions,
})

export interface Diff {
  readonly before: string
  readonly after: string
  readonly rows: readonly FigureRow[]
  /** Decisions that only one of the sides has. */
  readonly decisions: { readonly before: readonly DecisionEntry[]; readonly after: readonly DecisionEntry[] }
  readonly assertions: readonly AssertionResult[]
}

export interface AssertionResult {
  readonly text: string
  readonly holds: boolean
  /** The figure as it is. */
  readonly actual: string
}

export function diffSides(before: Side, after: Side, assertions: readonly string[]): Diff {
  const rows: FigureRow[] = []
  for (const figure of figures) {
    if (figure.ofMetrics !== undefined) {
      rows.push({ figure, before: figure.ofMetrics(before.metrics), after: figure.ofMetrics(after.metrics) })
    } else if (figure.ofFile !== undefined && before.facts !== null && after.facts !== null) {
      rows.push({ figure, before: figure.ofFile(before.facts), after: figure.ofFile(after.facts) })
    }
  }
  return {
    before: before.file,
    after: after.file,
    rows,
    decisions: { before: onlyIn(before, after), after: onlyIn(after, before) },
    assertions: assertions.map((text) => judge(text, rows)),
  }
}

function onlyIn(side: Side, other: Side): DecisionEntry[] {
  const key = ({ decision }: DecisionEntry) => JSON.stringify(decision)
  const known = new Set((other.decisions ?? []).map(key))
  return (side.decisions ?? []).filter((entry) => !known.has(key(entry)))
}

const pattern = /^(\w+)\s*(<=|<|>=|>|==)\s*([+-]?\d+(?:\.\d+)?)\s*(%|[a-zA-Z]*)$/

/** `latency<=+2%` limits the change, `latency<=2ms`, `bytes<4MB`, `nodes<=100` the value after. */
function judge(text: string, rows: readonly FigureRow[]): AssertionResult {
  const [, key, comparison, numberText, unit] = pattern.exec(text.trim()) ?? []
  const row = rows.find(({ figure }) => figure.key === key)
  if (key === undefined || row === undefined) {
    const known = rows.map(({ figure }) => figure.key).join(', ')
    throw new UserError(
      'usage',
      '--assert',
      `cannot read "${text}"`,
      `write e.g. "latency<=+2%" or "bytes<4MB"; figures: ${known}`,
    )
  }
  const { before, after, figure } = row
  const isChange = unit === '%'
  const actual = isChange ? relativeChange(before, after) * 100 : after
  const limit = Number(numberText) * (isChange ? 1 : factorOf(unit ?? '', text))
  return {
    text: text.trim(),
    holds: compare(actual, comparison!, limit),
    actual: isChange ? `${actual > 0 ? '+' : ''}${actual.toFixed(2)} %` : figure.format(actual),
  }
}

const relativeChange = (before: number, after: number): number =>
  before === after ? 0 : before === 0 ? Number.POSITIVE_INFINITY : after / before - 1

function compare(actual: number, comparison: string, limit: number): boolean {
  switch (comparison) {
    case '<':
      return actual < limit
    case '<=':
      return actual <= limit
    case '>':
      return actual > limit
    case '>=':
      return actual >= limit
    default:
      return actual === limit
  }
}

function factorOf(unit: string, text: string): number {
  const factor = unitFactor(unit)
  if (factor === undefined)
    throw new UserError('usage', '--assert', `unknown unit in "${text}"`, `use one of ${unitNames.join(', ')}`)
  return factor
}
