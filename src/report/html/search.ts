import { dot, line, ruleX, text } from '@observablehq/plot'
import { bytes, count, milliseconds, significant } from '../format.js'
import { decisionText } from '../reason.js'
import type { Report } from '../report.js'
import type { SearchedEntry, SearchPoint } from '../search-entry.js'
import { searchLines } from '../search-rows.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, foldedTable, legend, type Section } from './parts.js'
import { choices, marginals } from './search-choices.js'

/** Front of a search, how it came there, and what lies around what it chose. */
export function search({ search }: Report): Section {
  return {
    id: 'search',
    title: 'Search',
    lead: 'Architectures that nothing beats in both latency and loss, how the search came there, and what every other choice would come to. All by estimates: only the best was built.',
    body:
      search.algorithm === 'none'
        ? empty(
            'Nothing was searched: the passes were applied, and the recipe if one was given. With --search a front and a trajectory are here.',
          )
        : html`<ul class="note">${searchLines(search).map((text) => html`<li>${text}</li>`)}</ul>${front(search)}${trajectory(
            search,
          )}${marginals(search)}${choices(search)}`,
  }
}

function front(entry: SearchedEntry): Markup {
  return html`<figure><figcaption>Front</figcaption>${legend([
    { name: 'front', color: 'after' },
    { name: 'chosen', color: 'warm' },
    { name: 'original', color: 'before' },
  ])}${chart('Candidates by latency and expected loss', (drawing) => frontPlot(entry, drawing))}
${foldedTable('The front as a table', columns, [
  ...entry.front.map((point) => row(point, '')),
  row(entry.best, ' (chosen)'),
  row(entry.original, ' (original)'),
])}</figure>`
}

const columns = ['latency', 'expected loss', 'energy', 'peak activations', 'weights', 'decisions'].map((title, i) => ({
  title,
  isFigure: i < 5,
}))

const row = (point: SearchPoint, what: string): string[] => [
  `${milliseconds(point.latencyMs)}${what}`,
  significant(point.loss),
  `${significant(point.energyMj)} mJ`,
  bytes(point.peakActivationBytes),
  bytes(point.weightBytes),
  point.decisions.map(decisionText).join('; ') || 'none',
]

/** Decisions that a tip names. */
const mostDecisions = 8

function pointTip({ latencyMs, loss, decisions, peakActivationBytes }: SearchPoint): string {
  const rest = decisions.length - mostDecisions
  return [
    `${milliseconds(latencyMs)}, expected loss ${significant(loss)}, peak ${bytes(peakActivationBytes)}`,
    ...(decisions.length === 0 ? ['nothing decided'] : decisions.slice(0, mostDecisions).map(decisionText)),
    ...(rest > 0 ? [`and ${count(rest)} more`] : []),
  ].join('\n')
}

function frontPlot({ front, best, original, budgets }: SearchedEntry, { width, layout }: Drawing): Markup {
  const place = { x: 'latencyMs', y: 'loss' } as const
  const limits = budgets.filter(({ figure }) => figure === 'latency').map(({ atMost }) => atMost)
  return plotSvg({
    width,
    height: layout === 'wide' ? 380 : 300,
    marginLeft: 56,
    marginRight: 24,
    marginBottom: 42,
    x: { label: 'latency in milliseconds', grid: true, nice: true, ticks: layout === 'wide' ? 8 : 4 },
    y: { label: 'expected loss', grid: true, nice: true },
    marks: [
      ruleX(limits, { stroke: 'var(--bad)', strokeDasharray: '4 3' }),
      text(limits, {
        x: (limit) => limit,
        text: () => 'budget',
        frameAnchor: 'top',
        textAnchor: 'end',
        dx: -5,
        dy: 4,
        fill: 'var(--bad)',
      }),
      line(front, { ...place, stroke: 'var(--after)', curve: 'step-after' }),
      dot(front, { ...place, r: 4, fill: 'var(--after)', stroke: 'var(--surface)', title: pointTip }),
      dot([original], { ...place, r: 6, fill: 'var(--before)', stroke: 'var(--surface)', title: pointTip }),
      dot([best], { ...place, r: 8, fill: 'var(--warm)', stroke: 'var(--surface)', strokeWidth: 2, title: pointTip }),
      text([best], {
        ...place,
        text: ({ latencyMs }: SearchPoint) => `chosen: ${milliseconds(latencyMs)}`,
        textAnchor: 'start',
        dx: 12,
        dy: -10,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
    ],
  })
}

type Step = SearchedEntry['trajectory'][number]

/** A logarithmic axis has no 0: what is known before anything is scored stands at 1. */
const scoredBy = ({ evaluations }: Step): number => Math.max(1, evaluations)

function trajectory({ trajectory, evaluations }: SearchedEntry): Markup {
  const last = trajectory.at(-1)
  if (last === undefined || trajectory.length < 2)
    return empty('There is no trajectory: an exact search proves its answer instead of walking to it.')
  const steps: Step[] = [...trajectory, { ...last, evaluations: Math.max(evaluations, last.evaluations) }]
  const panel = (of: 'latencyMs' | 'loss', label: string, { width }: Drawing) =>
    plotSvg({
      width,
      height: 200,
      marginLeft: 56,
      marginBottom: 42,
      // Most is found early.
      x: { type: 'log', label: 'candidates scored', grid: true, ticks: 4, tickFormat: count },
      y: { label, grid: true, nice: true, ticks: 4 },
      marks: [
        line(steps, { x: scoredBy, y: of, stroke: 'var(--after)', strokeWidth: 2, curve: 'step-after' }),
        dot(trajectory, {
          x: scoredBy,
          y: of,
          r: 3,
          fill: 'var(--after)',
          title: (step: Step) =>
            `after ${count(step.evaluations)}: ${milliseconds(step.latencyMs)}, expected loss ${significant(step.loss)}`,
        }),
      ],
    })
  return html`<h3>Best so far</h3><div class="columns even">${chart(
    'Latency of the best candidate by evaluations',
    (drawing) => panel('latencyMs', 'milliseconds', drawing),
    0.49,
  )}${chart('Expected loss of the best candidate by evaluations', (drawing) => panel('loss', 'expected loss', drawing), 0.49)}</div>`
}
