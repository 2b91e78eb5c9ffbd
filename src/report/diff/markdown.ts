import { html } from '../html/markup.js'
import { escapeMarkdown, markdownComparison } from '../markdown.js'
import type { AssertionResult } from './assertions.js'
import type { Diff } from './diff-sides.js'
import type { ZooDiff } from './diff-zoos.js'
import { diffSections, type Section, zooSections } from './sections.js'
import { accuracyText, relationText, zooText } from './texts.js'

/** A comment on a pull request may have 65,536 characters. Source: GitHub's REST API. */
const commentLimit = 65_000

/** Two models or reports compared, as Markdown for a pull request: under 65,000 characters, details folded. */
export function markdownDiff(diff: Diff): string {
  const texts = [relationText(diff, (text) => text), accuracyText(diff.accuracy)].filter((text) => text !== '')
  const head = [
    `**${escapeMarkdown(diff.before)}** to **${escapeMarkdown(diff.after)}**`,
    ...texts.map(escapeMarkdown),
    markdownComparison(diff.rows, ['', 'before', 'after', 'change']),
  ]
  return comment(head, diff.assertions, diffSections(diff))
}

/** Two zoos compared, as Markdown for a pull request: under 65,000 characters, details folded. */
export function markdownZooDiff(diff: ZooDiff): string {
  const head = [
    `**${escapeMarkdown(diff.before)}** to **${escapeMarkdown(diff.after)}**`,
    escapeMarkdown(zooText(diff)),
  ]
  return comment(head, diff.assertions, zooSections(diff))
}

/** What was asserted before the details: these are folded, and cut where the whole would be too long. */
function comment(
  head: readonly string[],
  assertions: readonly AssertionResult[],
  sections: readonly Section[],
): string {
  const parts = [...head]
  // Those that hold are one line each; of broken ones there may be thousands.
  if (assertions.length > 0) parts.push(limited(assertions.map(assertionLine), commentLimit / 4).join('\n'))
  let room = commentLimit - parts.join('\n\n').length
  for (const [i, section] of sections.entries()) {
    const text = foldedSection(section, room / (sections.length - i))
    room -= text.length + 2
    parts.push(text)
  }
  return parts.join('\n\n')
}

function foldedSection({ title, note, columns, rows }: Section, room: number): string {
  const head = [
    html`<details><summary>${title}: ${note}</summary>`.text,
    '',
    `| ${columns.map((column) => column.title).join(' | ')} |`,
    `|${columns.map(({ isFigure }) => (isFigure ? '---:' : '---')).join('|')}|`,
  ]
  const frame = head.join('\n').length + '\n\n\n</details>'.length
  const lines = rows.map((row) => `| ${row.map((cell) => escapeMarkdown(cell.slice(0, 500))).join(' | ')} |`)
  return [...head, ...limited(lines, room - frame), '', '</details>'].join('\n')
}

/** As many lines as fit, and how many do not. */
function limited(lines: readonly string[], room: number): string[] {
  const note = (rest: number) => `\nand ${rest} more: \`--format json\` has all`
  let length = note(lines.length).length + 1
  for (const [i, line] of lines.entries()) {
    length += line.length + 1
    if (length > room) return [...lines.slice(0, i), note(lines.length - i)]
  }
  return [...lines]
}

function assertionLine({ text, holds, level, actual, model }: AssertionResult): string {
  const verdict = holds ? 'holds' : level === 'warn' ? '**warning**' : '**broken**'
  const where = model === undefined ? '' : ` for ${escapeMarkdown(model)}`
  return `- ${verdict}: \`${text.replaceAll('`', "'")}\`${where} (${escapeMarkdown(actual)})`
}
