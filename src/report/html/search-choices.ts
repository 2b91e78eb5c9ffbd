import { dot, ruleX, ruleY } from '@observablehq/plot'
import { count, milliseconds } from '../format.js'
import { marginalColumns, marginalRows } from '../marginal-rows.js'
import type { SearchedChoice, SearchedEntry } from '../search-entry.js'
import { lossText } from '../search-rows.js'
import { chart, type Drawing, plotSvg, rowNames } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, foldedTable, legend, type Section, shortName, table } from './parts.js'

/** Choices with a row of their own in the picture; the table has all. */
const mostRows = 40

type Why = SearchedChoice['others'][number]['why']

const colors: Readonly<Record<Why, string>> = {
  'ruled out': 'kind-vector',
  'not measured': 'kind-pool',
  'exceeds a budget': 'kind-transposed-convolution',
  'loses more': 'warm',
  slower: 'before',
  'no better': 'kind-movement',
  missed: 'kind-attention',
}

/** What the best would come to without each of its decisions, and with the next one. */
export function marginals(search: SearchedEntry): Markup | false {
  const rows = marginalRows(search)
  return rows.length > 0 && html`<h3>Decisions</h3>${table('The best without each decision', marginalColumns, rows)}`
}

/** What every option that was not taken would come to, with everything else as in the best. */
export function choices({ landscape, best }: SearchedEntry): Section['body'] {
  if (landscape.length === 0) return empty('No choice makes a difference to what was chosen.')
  const occurring = new Set(landscape.flatMap(({ others }) => others.map(({ why }) => why)))
  const shown = landscape.slice(0, mostRows)
  return html`<h3>Choices</h3><figure>${legend([
    { name: 'as chosen', color: 'after', shape: 'line' },
    ...Object.entries(colors)
      .filter(([why]) => occurring.has(why as Why))
      .map(([why, color]) => ({ name: why, color })),
  ])}${chart('Latency of the model with each other option', (drawing) => plot(shown, best.latencyMs, drawing))}${
    landscape.length > shown.length &&
    html`<figcaption>The first ${count(shown.length)} of ${count(landscape.length)} choices.</figcaption>`
  }</figure>${foldedTable('All choices as a table', columns, landscape.map(row))}`
}

const columns = ['choice', 'chosen', 'instead: latency, expected loss, why not'].map((title) => ({
  title,
  isFigure: false,
}))

const row = ({ place, chosen, others }: SearchedChoice) => [
  place,
  chosen,
  others.map(
    ({ option, latencyMs, loss, why }) =>
      html`<div>${option}: ${milliseconds(latencyMs)}, ${lossText(loss)}, ${why}</div>`,
  ),
]

function plot(landscape: readonly SearchedChoice[], bestMs: number, { width, layout }: Drawing): Markup {
  const isWide = layout === 'wide'
  const rows = landscape.map(({ place, chosen }, i) => ({ place, chosen, at: String(i) }))
  const options = landscape.flatMap(({ place, others }, i) =>
    others.map((other) => ({ ...other, place, at: String(i) })),
  )
  type Row = (typeof rows)[number]
  type Option = (typeof options)[number]
  return plotSvg({
    width,
    height: rows.length * (isWide ? 22 : 38) + 56,
    marginTop: 34,
    marginBottom: 12,
    marginLeft: isWide ? 250 : 8,
    marginRight: 24,
    x: { axis: 'top', label: 'milliseconds', grid: true, nice: true, ticks: isWide ? 8 : 4 },
    y: { axis: null, domain: rows.map(({ at }) => at), padding: 0 },
    marks: [
      ruleY(rows, { y: 'at', stroke: 'var(--line)', dy: isWide ? 0 : 8 }),
      ruleX([bestMs], { stroke: 'var(--after)', strokeWidth: 2 }),
      rowNames(rows, {
        y: 'at',
        name: ({ place, chosen }: Row) => `${shortName(place, isWide ? 28 : 36)}: ${chosen}`,
        layout,
        lift: 8,
      }),
      dot(options, {
        y: 'at',
        x: 'latencyMs',
        r: 4.5,
        dy: isWide ? 0 : 8,
        fill: ({ why }: Option) => `var(--${colors[why]})`,
        stroke: 'var(--surface)',
        title: ({ place, option, latencyMs, loss, why }: Option) =>
          `${place}: ${option}\n${milliseconds(latencyMs)}, expected loss ${lossText(loss)}: ${why}`,
      }),
    ],
  })
}
