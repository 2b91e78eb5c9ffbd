import Table from 'cli-table3'
import pc from 'picocolors'
import type { Metrics } from '../estimator/metrics.js'
import { accuracyCells, accuracyColumns } from './accuracy-rows.js'
import { decisionCells, decisionColumns } from './decision-rows.js'
import { bytes, change, count, magnitude, milliseconds, seconds, significant } from './format.js'
import { marginalColumns, marginalRows } from './marginal-rows.js'
import type { AccuracyEntry, Report, VerificationEntry } from './report.js'
import { energyLine, memoryTimeline, peakLine, sramLine, useLine } from './resources.js'
import { type FigureRow, figureRows } from './rows.js'
import { searchLines } from './search-rows.js'

/** Colours on or off; a plain renderer is what files and pipes get. */
export type Colors = ReturnType<typeof pc.createColors>
export const colorsFor = (enabled: boolean): Colors => pc.createColors(enabled)

/** The summary printed after `optimize model.onnx`. */
export function terminalReport(report: Report, colors: Colors): string {
  const parts = [
    `${colors.bold(report.model.file)} for ${colors.bold(report.target.name)}`,
    comparisonTable(figureRows(report), ['', 'before', 'after', 'change'], colors),
    firedPasses(report, colors),
    searchLines(report.search).join('\n'),
    decisionTable(report, colors),
    marginalTable(report, colors),
    verificationLine(report.verification, colors),
    accuracySection(report, colors),
    ...report.warnings.map((warning) => colors.yellow(`warning: ${warning}`)),
    report.result === null
      ? colors.red('nothing was written')
      : `wrote ${colors.bold(report.result.file)} (${bytes(report.result.bytes)}) in ${seconds(report.timing.total ?? 0)}`,
  ]
  return parts.filter((part) => part !== '').join('\n')
}

/** Aligned columns without boxes: a name, before, after, change. */
export function comparisonTable(rows: readonly FigureRow[], head: readonly string[], colors: Colors): string {
  const table = plainTable(
    head.map((title) => colors.dim(title)),
    ['left', 'right', 'right', 'right'],
  )
  for (const { figure, before, after } of rows) {
    const difference = change(before, after)
    const shade = after < before ? colors.green : after > before ? colors.yellow : colors.dim
    table.push([figure.title, figure.format(before), figure.format(after), shade(difference)])
  }
  return table.toString()
}

function firedPasses({ passes }: Report, colors: Colors): string {
  const fired = passes.filter((pass) => pass.fired > 0)
  if (fired.length === 0) return colors.dim('no pass found anything to do')
  const table = plainTable(
    [colors.dim('pass'), colors.dim('kind'), colors.dim('times'), colors.dim('declined')],
    ['left', 'left', 'right', 'left'],
  )
  for (const pass of fired) {
    const declined = pass.skipped.map(({ reason, count: times }) => `${reason} x ${times}`).join(', ')
    table.push([pass.name, pass.kind, count(pass.fired), colors.dim(declined)])
  }
  return table.toString()
}

/** More decisions of a search than these are in the report file. */
const mostMarginals = 8

/** What the decisions of a search bring that bring most, and what would be the next one. */
function marginalTable({ search }: Report, colors: Colors): string {
  const rows = marginalRows(search)
  if (rows.length === 0) return ''
  const table = plainTable(
    marginalColumns.map(({ title }) => colors.dim(title)),
    marginalColumns.map(({ isFigure }) => (isFigure ? 'right' : 'left')),
  )
  const last = rows.at(-1)!
  table.push(...(rows.length > mostMarginals ? [...rows.slice(0, mostMarginals - 1), last] : rows))
  return table.toString()
}

function decisionTable({ decisions }: Report, colors: Colors): string {
  if (decisions.length === 0) return ''
  const table = plainTable(
    decisionColumns.map(({ title }) => colors.dim(title)),
    decisionColumns.map(({ isFigure }) => (isFigure ? 'right' : 'left')),
  )
  for (const entry of decisions) table.push(decisionCells(entry))
  return table.toString()
}

export function verificationLine(verification: VerificationEntry, colors: Colors): string {
  const worst = verification.outputs.reduce((max, { maxAbs }) => Math.max(max, maxAbs), 0)
  const reason = verification.reason === undefined ? '' : `: ${verification.reason}`
  switch (verification.verdict) {
    case 'agrees': {
      const { length } = verification.outputs
      const which = length === 1 ? 'the output agrees' : `all ${length} outputs agree`
      return `${colors.green('verified')}: ${which}, largest difference ${significant(worst)}${reason}`
    }
    case 'differs':
      return `${colors.red('differs')}${reason}`
    case 'unverified':
      return `${colors.yellow('unverified')}${reason}`
    case 'skipped':
      return colors.dim(`not verified${reason}`)
  }
}

function accuracySection({ accuracy }: Report, colors: Colors): string {
  if (accuracy === null) return ''
  const { data, samples } = accuracy
  return `accuracy on ${data}, ${count(samples)} samples\n${accuracyTable(accuracy, colors)}`
}

/** Both scores, the drop and its interval, and what the gate says. */
export function accuracyTable(entry: AccuracyEntry, colors: Colors): string {
  const { verdict, reason } = entry.gate
  const lines = [columnTable(accuracyColumns, accuracyCells(entry), colors)]
  if (verdict !== 'none') lines.push(`${(verdict === 'passed' ? colors.green : colors.red)(verdict)}: ${reason}`)
  return lines.join('\n')
}

/** Where the time goes: the slowest kernels and totals, for `profile`. */
export function terminalProfile(metrics: Metrics, kernelLimit: number, colors: Colors): string {
  const table = plainTable(
    ['kernel', 'kind', 'time', 'share', 'bound', 'use'].map((title) => colors.dim(title)),
    ['left', 'left', 'right', 'right', 'left', 'right'],
  )
  const slowest = [...metrics.kernels].sort((a, b) => b.latencyMs - a.latencyMs)
  for (const kernel of slowest.slice(0, kernelLimit)) {
    table.push([
      shortened(kernel.name),
      kernel.kind,
      milliseconds(kernel.latencyMs),
      `${((100 * kernel.latencyMs) / metrics.latencyMs).toFixed(1)} %`,
      kernel.bound,
      `${(100 * kernel.utilisation).toFixed(0)} %`,
    ])
  }
  const rest = slowest.length - kernelLimit
  const [low, high] = metrics.latencyMsInterval
  const interval = low === high ? '' : ` (${milliseconds(low)} to ${milliseconds(high)})`
  return [
    `latency ${colors.bold(milliseconds(metrics.latencyMs))}${interval} in ${metrics.precision}, ` +
      `${magnitude(metrics.macs)} MACs, ${magnitude(metrics.parameters)} parameters`,
    `weights ${bytes(metrics.weightBytes)}, DRAM traffic ${bytes(metrics.dramBytes)}`,
    peakLine(metrics.memory),
    memoryTimeline(metrics.memory) ?? '',
    sramLine(metrics.memory),
    energyLine(metrics.energy),
    useLine(metrics.energy),
    table.toString(),
    rest > 0 ? colors.dim(`and ${count(rest)} more kernels (--kernels all shows them)`) : '',
    outOfRangeLine(metrics, colors),
    ...metrics.assumptions.slice(0, 5).map((assumption) => colors.dim(`assumed ${assumption}`)),
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** How much of the latency is of kernels unlike all that were measured. */
function outOfRangeLine({ kernels, latencyMs }: Metrics, colors: Colors): string {
  const unknown = kernels.filter(({ outOfRange }) => outOfRange !== undefined)
  if (unknown.length === 0) return ''
  const time = unknown.reduce((sum, kernel) => sum + kernel.latencyMs, 0)
  const share = `${((100 * time) / latencyMs).toFixed(0)} % of the time`
  const [first] = unknown
  return colors.yellow(
    `out of range: ${count(unknown.length)} of ${count(kernels.length)} kernels, ${share}; ` +
      `${shortened(first!.name)}: ${first!.outOfRange!.join(', ')}`,
  )
}

const shortened = (name: string): string => (name.length > 48 ? `...${name.slice(-45)}` : name)

type Align = 'left' | 'right'

/** Rows of text under the titles of their columns. */
export function columnTable(
  columns: readonly { readonly title: string; readonly isFigure: boolean }[],
  rows: readonly string[][],
  colors: Colors,
): string {
  const table = plainTable(
    columns.map(({ title }) => colors.dim(title)),
    columns.map(({ isFigure }) => (isFigure ? 'right' : 'left')),
  )
  table.push(...rows)
  // The last column is filled up as well, to its longest cell.
  return table.toString().replaceAll(/ +$/gm, '')
}

/** A cli-table3 without borders: columns two spaces apart. */
export function plainTable(head: readonly string[], aligns: readonly Align[]): Table.Table {
  const none = [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
  ] as const
  const inner = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'] as const
  const chars = Object.fromEntries([...none, ...inner].map((key) => [key, '']))
  return new Table({
    head: [...head],
    colAligns: [...aligns],
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
}
