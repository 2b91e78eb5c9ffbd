import { escapeMarkdown } from './markdown.js'
import { figures } from './rows.js'
import { type Colors, columnTable } from './terminal.js'
import { linkTo, zooCells, zooColumns, zooHeadline } from './zoo-rows.js'
import { latencyRatio, type ZooSummary } from './zoo-summary.js'

/** Files of a finished zoo, and what is in them. */
export const summaryFiles: Readonly<Record<string, (summary: ZooSummary) => string | Promise<string>>> = {
  'summary.json': (summary) => `${JSON.stringify(summary, null, 2)}\n`,
  'summary.csv': csvZoo,
  'summary.md': markdownZoo,
  // Loaded when a run is over: what draws is large.
  'summary.html': async (summary) => (await import('./html/html-zoo.js')).htmlZoo(summary),
}

/** What `zoo` prints; `limit`: how many models are listed. */
export function terminalZoo(summary: ZooSummary, limit: number, colors: Colors): string {
  const { models, failed } = summary
  const rest = models.length - limit
  const rows = models.slice(0, limit).map((model) => {
    const cells = zooCells(model)
    const ratio = latencyRatio(model)
    const shade = ratio < 1 ? colors.green : ratio > 1 ? colors.yellow : colors.dim
    return cells.map((cell, i) => (zooColumns[i]!.title === 'latency' ? shade(cell) : cell))
  })
  return [
    colors.bold(zooHeadline(summary)),
    ...(rows.length === 0 ? [] : [columnTable(zooColumns, rows, colors)]),
    ...(rest > 0 ? [colors.dim(`and ${rest} more in summary.md`)] : []),
    ...failed.map(({ kind, error }) => `${colors.red(kind)} ${error}`),
  ].join('\n')
}

/** GitHub-flavoured Markdown; names link to reports. */
export function markdownZoo(summary: ZooSummary): string {
  const { models, failed, tool } = summary
  const lines = [
    `# ${zooHeadline(summary)}`,
    '',
    `| ${zooColumns.map(({ title }) => title).join(' | ')} |`,
    `|${zooColumns.map(({ isFigure }) => (isFigure ? '---:' : '---')).join('|')}|`,
    ...models.map((model) => {
      const [name, ...cells] = zooCells(model).map(escapeMarkdown)
      return `| [${name}](${linkTo(model.html ?? model.report)}) | ${cells.join(' | ')} |`
    }),
  ]
  if (failed.length > 0)
    lines.push(
      '',
      '## Failed',
      '',
      '| model | why | |',
      '|---|---|---|',
      ...failed.map(({ name, kind, error }) => `| ${[name, kind, error].map(escapeMarkdown).join(' | ')} |`),
    )
  return [...lines, '', `${tool.name} ${tool.version}`, ''].join('\n')
}

/** A row a model, failed ones too; all figures before and after in base units. RFC 4180. */
export function csvZoo({ models, failed }: ZooSummary): string {
  const keys = figures.map(({ key }) => key)
  const head = [
    ...['name', 'file', 'state', 'target', 'verdict'],
    ...keys.flatMap((key) => [`${key}_before`, `${key}_after`]),
    ...['metric', 'metric_before', 'metric_after', 'drop', 'seconds', 'error'],
  ]
  const done = models.map(({ name, file, target, verdict, figures: own, accuracy, seconds, reason }) => [
    ...[name, file, 'done', target, verdict],
    ...keys.flatMap((key) => [own[key]?.before, own[key]?.after]),
    ...[accuracy?.metric, accuracy?.before, accuracy?.after, accuracy?.drop, seconds, reason],
  ])
  const others = failed.map(({ name, file, kind, seconds, error }) => [
    ...[name, file, kind, '', ''],
    ...keys.flatMap(() => [undefined, undefined]),
    ...[undefined, undefined, undefined, undefined, seconds, error],
  ])
  return [head, ...done, ...others].map((row) => `${row.map(csvField).join(',')}\r\n`).join('')
}

function csvField(value: string | number | null | undefined): string {
  const text = value === undefined || value === null ? '' : String(value)
  // A spreadsheet would take these for formulas.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
