import { type Colors, columnTable, comparisonTable } from '../terminal.js'
import type { AssertionResult } from './assertions.js'
import type { Diff } from './diff-sides.js'
import type { ZooDiff } from './diff-zoos.js'
import { diffSections, type Section, zooSections } from './sections.js'
import { accuracyText, relationText, zooText } from './texts.js'

/** Rows of each table that are shown; JSON has all. */
const shownRows = 12

export function terminalDiff(diff: Diff, colors: Colors): string {
  return [
    `${colors.bold(diff.before)} -> ${colors.bold(diff.after)}`,
    relationText(diff, (text) => colors.yellow(text)),
    comparisonTable(diff.rows, ['', 'before', 'after', 'change'], colors),
    accuracyText(diff.accuracy),
    ...diffSections(diff).map((section) => terminalSection(section, colors)),
    ...diff.assertions.map((assertion) => assertionLine(assertion, colors)),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

export function terminalZooDiff(diff: ZooDiff, colors: Colors): string {
  return [
    `${colors.bold(diff.before)} -> ${colors.bold(diff.after)}`,
    zooText(diff),
    ...zooSections(diff).map((section) => terminalSection(section, colors)),
    ...diff.assertions.map((assertion) => assertionLine(assertion, colors)),
  ].join('\n')
}

function terminalSection({ title, note, columns, rows }: Section, colors: Colors): string {
  const shown = rows.slice(0, shownRows).map((row) => row.map(shortened))
  const rest = rows.length - shown.length
  return [
    '',
    `${colors.bold(title)}: ${note}`,
    columnTable(columns, shown, colors),
    ...(rest > 0 ? [colors.dim(`and ${rest} more (--format json has all)`)] : []),
  ].join('\n')
}

const shortened = (text: string): string => (text.length > 96 ? `${text.slice(0, 60)} ... ${text.slice(-31)}` : text)

function assertionLine({ text, holds, level, actual, model }: AssertionResult, colors: Colors): string {
  const where = model === undefined ? '' : ` for ${model}`
  if (holds) return colors.green(`holds  ${text} (${actual})`)
  return level === 'warn'
    ? colors.yellow(`warning ${text}${where} (${actual})`)
    : colors.red(`broken ${text}${where} (${actual})`)
}
