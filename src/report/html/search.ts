import { dot, line, text } from '@observablehq/plot'
import { bytes, count, milliseconds, significant } from '../format.js'
import type { Report } from '../report.js'
import type { SearchEntry, SearchedCandidate, SearchFindings, SearchStep } from '../search-entry.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, foldedTable, legend, type Section } from './parts.js'

/** Front of a search and how it came there. */
export function search({ search }: Report): Section {
  const { algorithm, findings } = search
  return {
    id: 'search',
    title: 'Search',
    lead:
      findings === undefined
        ? 'The fastest architectures for what they lose, and how the search found them.'
        : html`${count(findings.evaluations)} candidates scored by <em>${algorithm}</em>. On the front nothing is faster without losing more (${findings.loss}).`,
    body: findings === undefined ? empty(noSearch(search)) : html`${front(findings)}${trajectory(findings)}`,
  }
}

const noSearch = ({ algorithm }: SearchEntry): string =>
  algorithm === 'none'
    ? 'Nothing was searched: --search none applies the passes, and the recipe if one is given. Other algorithms leave their front and trajectory here.'
    : `The ${algorithm} search left no record of its candidates.`

function front(findings: SearchFindings): Markup {
  const { chosen, loss } = findings
  return html`<figure>${legend([
    { name: 'front', color: 'after' },
    { name: 'others', color: 'before', shape: 'ring' },
    ...(chosen === null ? [] : [{ name: 'chosen', color: 'warm' }]),
  ])}${chart(`Candidates by latency and ${loss}`, (drawing) => frontPlot(findings, drawing))}
${chosen === null && empty('Nothing on the front fits the budgets.')}
${foldedTable(
  'The front as a table',
  columns,
  findings.front.map((candidate, i) => row(candidate, i === chosen)),
)}</figure>`
}

const columns = ['latency', 'loss', 'energy', 'peak activations', 'weights', 'decisions'].map((title, i) => ({
  title,
  isFigure: i < 5,
}))

const row = (candidate: SearchedCandidate, isChosen: boolean): string[] => {
  const { latencyMs, loss, energyMj, peakActivationBytes, weightBytes, decisions } = candidate
  return [
    `${milliseconds(latencyMs)}${isChosen ? ' (chosen)' : ''}`,
    significant(loss),
    `${significant(energyMj)} mJ`,
    bytes(peakActivationBytes),
    bytes(weightBytes),
    decisions.join('; ') || 'the original',
  ]
}

const candidateTip = ({ latencyMs, loss, decisions, peakActivationBytes }: SearchedCandidate): string =>
  [
    `${milliseconds(latencyMs)}, loss ${significant(loss)}, peak ${bytes(peakActivationBytes)}`,
    ...(decisions.length === 0 ? ['the original'] : decisions.slice(0, 6)),
    ...(decisions.length > 6 ? [`and ${decisions.length - 6} more`] : []),
  ].join('\n')

function frontPlot({ front, dominated, chosen, loss }: SearchFindings, { width, layout }: Drawing): Markup {
  const best = chosen === null ? [] : [front[chosen]!]
  const place = { x: 'latencyMs', y: 'loss' } as const
  const sorted = [...front].sort((a, b) => a.latencyMs - b.latencyMs)
  return plotSvg({
    width,
    height: layout === 'wide' ? 380 : 300,
    marginLeft: 56,
    marginBottom: 42,
    x: { label: 'latency in milliseconds', grid: true, nice: true },
    y: { label: loss, grid: true, nice: true },
    marks: [
      dot(dominated, { ...place, r: 2.5, stroke: 'var(--before)', strokeOpacity: 0.7 }),
      line(sorted, { ...place, stroke: 'var(--after)', curve: 'step-after' }),
      dot(front, { ...place, r: 4.5, fill: 'var(--after)', stroke: 'var(--surface)', title: candidateTip }),
      dot(best, { ...place, r: 8, fill: 'var(--warm)', stroke: 'var(--surface)', strokeWidth: 2, title: candidateTip }),
      text(best, {
        ...place,
        text: ({ latencyMs }: SearchedCandidate) => `chosen: ${milliseconds(latencyMs)}`,
        textAnchor: 'start',
        dx: 12,
        dy: -10,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
    ],
  })
}

function trajectory({ trajectory, evaluations }: SearchFindings): Markup {
  const [last] = trajectory.slice(-1)
  if (last === undefined) return empty('The search has no trajectory: it proves its answer instead of walking to it.')
  const steps: SearchStep[] = [...trajectory, { ...last, evaluation: evaluations }]
  return html`<figure><figcaption>Best so far</figcaption>${chart(
    'Latency of the best candidate by evaluations',
    ({ width, layout }) =>
      plotSvg({
        width,
        height: layout === 'wide' ? 220 : 200,
        marginLeft: 56,
        marginBottom: 42,
        x: { label: 'candidates scored', grid: true },
        y: { label: 'milliseconds', grid: true, nice: true },
        marks: [
          line(steps, { x: 'evaluation', y: 'latencyMs', stroke: 'var(--after)', strokeWidth: 2, curve: 'step-after' }),
          dot(trajectory, {
            x: 'evaluation',
            y: 'latencyMs',
            r: 3,
            fill: 'var(--after)',
            title: ({ evaluation, latencyMs, loss }: SearchStep) =>
              `after ${count(evaluation)}: ${milliseconds(latencyMs)}, loss ${significant(loss)}`,
          }),
        ],
      }),
  )}</figure>`
}
