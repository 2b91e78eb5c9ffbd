import { decisionCells } from './decision-rows.js'
import type { Diff } from './diff.js'
import { escapeMarkdown, markdownComparison } from './markdown.js'
import { type Colors, comparisonTable } from './terminal.js'

/** The diff as plain data: figure keys with values before and after, and what was asserted. */
export const diffRecord = (diff: Diff) => ({
  before: diff.before,
  after: diff.after,
  figures: Object.fromEntries(diff.rows.map(({ figure, before, after }) => [figure.key, { before, after }])),
  decisions: {
    before: diff.decisions.before.map(({ decision }) => decision),
    after: diff.decisions.after.map(({ decision }) => decision),
  },
  assertions: diff.assertions,
})

/** Decisions that one side alone has, a line each: which side, what and where, from what to what. */
function decisionLines({ decisions }: Diff): string[] {
  return (['before', 'after'] as const).flatMap((side) =>
    decisions[side].map((entry) => {
      const [place, change] = decisionCells(entry)
      return `only ${side}: ${place}, ${change}`
    }),
  )
}

export function terminalDiff(diff: Diff, colors: Colors): string {
  const assertions = diff.assertions.map(({ text, holds, actual }) =>
    holds ? colors.green(`holds  ${text} (${actual})`) : colors.red(`broken ${text} (${actual})`),
  )
  const title = `${colors.bold(diff.before)} -> ${colors.bold(diff.after)}`
  const table = comparisonTable(diff.rows, ['', 'before', 'after', 'change'], colors)
  return [title, table, ...decisionLines(diff), ...assertions].join('\n')
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
  const decisions = decisionLines(diff).map((line) => `- ${escapeMarkdown(line)}`)
  if (decisions.length > 0) lines.push('', ...decisions)
  return [...lines, ...(assertions.length > 0 ? ['', ...assertions] : [])].join('\n')
}
