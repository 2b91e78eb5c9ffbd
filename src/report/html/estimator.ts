import { dot, ruleY, text } from '@observablehq/plot'
import type { Metrics } from '../../estimator/metrics.js'
import type { PredictorStanding } from '../../estimator/standing.js'
import { count, milliseconds, significant } from '../format.js'
import type { Report } from '../report.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, type Section, table } from './parts.js'

/** How far the latencies can be trusted. */
export function estimator({ before, after, target }: Report): Section {
  const standing = target.estimator
  return {
    id: 'estimator',
    title: 'How sure the estimate is',
    lead: html`Nothing was timed on ${target.name}: latencies are estimates. ${target.provenance}`,
    body:
      standing.kind === 'cycle-model'
        ? empty(
            `The target is described, not measured: its cycle model gives one figure and no interval (${milliseconds(before.latencyMs)} before, ${milliseconds(after.latencyMs)} after). A target fitted to measurements has error bars here.`,
          )
        : predicted(standing, before, after),
  }
}

function predicted(standing: PredictorStanding, before: Metrics, after: Metrics): Markup {
  const { device, data, fitted, networks, models } = standing
  const unknown = after.kernels.filter(({ outOfRange }) => outOfRange !== undefined)
  return html`<p>Fitted on ${fitted} to ${count(data.rows)} kernels measured on ${device}${
    networks !== null &&
    html`; of ${count(networks.count)} whole networks left out, nine in ten were within ${(100 * networks.halfWidth90).toFixed(0)} %`
  }.</p>
<figure>${chart('Latency before and after with 90 % intervals', (drawing) => intervals(before, after, drawing))}</figure>
${
  models.length === 0
    ? empty('No kind of kernel of this model was measured.')
    : table('Errors on families of shapes left out', columns, models.map(row))
}<p class="note">${
    unknown.length === 0
      ? 'All kernels are within the range of what was measured.'
      : html`${count(unknown.length)} of ${count(after.kernels.length)} kernels are unlike all that were measured, the first of them ${
          unknown[0]!.name
        } (${unknown[0]!.outOfRange!.join(', ')}).`
  }</p>`
}

const columns = ['kernels', 'measured', 'mean error', 'of MACs alone', 'within 10 %', 'in the 90 % interval'].map(
  (title, i) => ({ title, isFigure: i > 0 }),
)

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`

const row = (model: PredictorStanding['models'][number]): string[] => [
  `${model.kernel}, ${model.precision}`,
  count(model.rows),
  `${significant(model.mape)} %`,
  `${significant(model.macsMape)} %`,
  percent(model.within10),
  percent(model.coverage90),
]

function intervals(before: Metrics, after: Metrics, { width, layout }: Drawing): Markup {
  const sides = [
    { title: 'before', color: 'var(--before)', metrics: before },
    { title: 'after', color: 'var(--after)', metrics: after },
  ]
  type Side = (typeof sides)[number]
  const low = ({ metrics }: Side) => metrics.latencyMsInterval[0]
  const high = ({ metrics }: Side) => metrics.latencyMsInterval[1]
  return plotSvg({
    width,
    height: 150,
    marginBottom: 42,
    marginLeft: 56,
    marginRight: 24,
    x: { label: 'milliseconds', grid: true, zero: true, nice: true, ticks: layout === 'wide' ? 8 : 4 },
    y: { label: null, domain: ['before', 'after'], tickSize: 0 },
    marks: [
      ruleY(sides, {
        y: 'title',
        x1: low,
        x2: high,
        stroke: 'color',
        strokeWidth: 6,
        strokeOpacity: 0.45,
        strokeLinecap: 'round',
      }),
      dot(sides, {
        y: 'title',
        x: ({ metrics }: Side) => metrics.latencyMs,
        r: 6,
        fill: 'color',
        title: (side: Side) =>
          `${side.title}: ${milliseconds(side.metrics.latencyMs)}, ${milliseconds(low(side))} to ${milliseconds(high(side))}`,
      }),
      text(sides, {
        y: 'title',
        x: ({ metrics }: Side) => metrics.latencyMs,
        text: ({ metrics }: Side) => milliseconds(metrics.latencyMs),
        dy: -15,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
    ],
  })
}
