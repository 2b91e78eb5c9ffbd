import { dot, ruleY, text } from '@observablehq/plot'
import type { PredictorStanding } from '../../estimator/standing.js'
import { count, milliseconds, significant } from '../format.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, type Section, table } from './parts.js'
import { lastSide, type Side, type Subject, sidesText } from './subject.js'

/** How far the latencies can be trusted. */
export function estimator(subject: Subject): Section {
  const { target, sides } = subject
  const standing = target.estimator
  const latencies = sides.map(({ title, metrics }) => `${milliseconds(metrics.latencyMs)} ${title}`).join(', ')
  return {
    id: 'estimator',
    title: 'How sure the estimate is',
    lead: html`Nothing was timed on ${target.name}: latencies are estimates. ${target.provenance}`,
    body:
      standing.kind === 'cycle-model'
        ? empty(
            `The target is described, not measured: its cycle model gives one figure and no interval (${latencies}). A target fitted to measurements has error bars here.`,
          )
        : predicted(standing, subject),
  }
}

function predicted(standing: PredictorStanding, subject: Subject): Markup {
  const { device, data, fitted, networks, models } = standing
  const { kernels } = lastSide(subject).metrics
  const unknown = kernels.filter(({ outOfRange }) => outOfRange !== undefined)
  return html`<p>Fitted on ${fitted} to ${count(data.rows)} kernels measured on ${device}${
    networks !== null &&
    html`; of ${count(networks.count)} whole networks left out, nine in ten were within ${(100 * networks.halfWidth90).toFixed(0)} %`
  }.</p>
<figure>${chart(`Latency${sidesText(subject)} with 90 % intervals`, (drawing) => intervals(subject.sides, drawing))}</figure>
${
  models.length === 0
    ? empty('No kind of kernel of this model was measured.')
    : table('Errors on families of shapes left out', columns, models.map(row))
}<p class="note">${
    unknown.length === 0
      ? 'All kernels are within the range of what was measured.'
      : html`${count(unknown.length)} of ${count(kernels.length)} kernels are unlike all that were measured, the first of them ${
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

function intervals(sides: readonly Side[], { width, layout }: Drawing): Markup {
  const low = ({ metrics }: Side) => metrics.latencyMsInterval[0]
  const high = ({ metrics }: Side) => metrics.latencyMsInterval[1]
  return plotSvg({
    width,
    height: 66 + 42 * sides.length,
    marginBottom: 42,
    marginLeft: 56,
    marginRight: 24,
    x: { label: 'milliseconds', grid: true, zero: true, nice: true, ticks: layout === 'wide' ? 8 : 4 },
    y: { label: null, domain: sides.map(({ title }) => title), tickSize: 0 },
    marks: [
      ruleY(sides, {
        y: 'title',
        x1: low,
        x2: high,
        stroke: ({ color }: Side) => `var(--${color})`,
        strokeWidth: 6,
        strokeOpacity: 0.45,
        strokeLinecap: 'round',
      }),
      dot(sides, {
        y: 'title',
        x: ({ metrics }: Side) => metrics.latencyMs,
        r: 6,
        fill: ({ color }: Side) => `var(--${color})`,
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
