import { escapeHtml } from './escape-html.js'
import { linkTo, zooCells, zooColumns, zooHeadline } from './zoo-rows.js'
import type { ZooSummary } from './zoo-summary.js'

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent) }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1rem; max-width: 80rem }
h1 { font-size: 1.4rem }
h2 { font-size: 1.1rem; margin-top: 2rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { padding: .35rem .7rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top }
th { font-weight: 600; white-space: nowrap }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
footer { margin-top: 2rem; opacity: .7 }`

/** A page of its own, without scripts; names link to reports beside it. */
export function htmlZoo(summary: ZooSummary): string {
  const { models, failed, tool } = summary
  const title = escapeHtml(zooHeadline(summary))
  const rows = models.map((model) => {
    const [name, ...cells] = zooCells(model)
    const link = `<a href="${escapeHtml(linkTo(model.report))}">${escapeHtml(name!)}</a>`
    return tableRow([link, ...cells.map(escapeHtml)], zooColumns)
  })
  const failures = failed.map(({ name, kind, error }) => tableRow([name, kind, error].map(escapeHtml), failedColumns))
  return [
    '<!doctype html>',
    '<html lang="en">',
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>`,
    `<style>${style}</style></head>`,
    `<body><main><h1>${title}</h1>`,
    table(zooColumns, rows),
    ...(failed.length === 0 ? [] : ['<h2>Failed</h2>', table(failedColumns, failures)]),
    `<footer>${escapeHtml(`${tool.name} ${tool.version}`)}</footer></main></body></html>`,
    '',
  ].join('\n')
}

interface Column {
  readonly title: string
  readonly isFigure: boolean
}

const failedColumns: readonly Column[] = ['model', 'why', 'what'].map((title) => ({ title, isFigure: false }))

const table = (columns: readonly Column[], rows: readonly string[]): string =>
  [
    '<div class="wide" tabindex="0" role="region" aria-label="table"><table><thead><tr>',
    ...columns.map(({ title, isFigure }) => `<th scope="col"${isFigure ? ' class="figure"' : ''}>${title}</th>`),
    '</tr></thead><tbody>',
    ...rows,
    '</tbody></table></div>',
  ].join('\n')

const tableRow = (cells: readonly string[], columns: readonly Column[]): string =>
  `<tr>${cells.map((cell, i) => `<td${columns[i]!.isFigure ? ' class="figure"' : ''}>${cell}</td>`).join('')}</tr>`
