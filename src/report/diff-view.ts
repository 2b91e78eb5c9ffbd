import type { Diff } from './diff.js'
import { escapeMarkdown, markdownComparison } from './markdown.js'
import { type Colors, comparisonTable } from './terminal.js'

/** The diff as plain data: figure keys with values before and after, and what was asserted. */
export const diffRecord = (diff: Diff) => ({
  before: diff.before,
  after: diff.after,
  figures: Object.fromEntries(diff.rows.map(({ figure, before, after }) => [figure.key, { before, after }])),
  assertions: diff.assertions,
})

export function terminalDiff(diff: Diff, colors: Colors): string {
  const assertions = diff.assertions.map(({ text, holds, actual }) =>
    holds ? colors.green(`holds  ${text} (${actual})`) : colors.red(`broken ${text} (${actual})`),
  )
  const title = `${colors.bold(diff.before)} -> ${colors.bold(diff.after)}`
  return [title, comparisonTable(diff.rows, ['', 'before', 'after', 'change'], colors), ...assertions].join('\n')
}

export function markdownDiff(diff: Diff): string {
  const assertions = diff.assertions.map(
    ({ text, holds, actual }) => `- ${holds ? 'holds' : '**broken**'}: \`${text.replaceAll('`', "'")}\` (${actual})`,
  )
  const lines = [
    `**${escapeMarkdown(diff.before)}** to **${escapeMarkdown(diff.after)}**`,
    '',
    markdownComparison(diff.rows, ['', 'before', 'after', 'change']),
  ]
  return [...lines, ...(assertions.length > 0 ? ['', ...assertions] : [])].join('\n')
}
