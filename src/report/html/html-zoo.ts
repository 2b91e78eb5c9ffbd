import { barX, ruleX, text } from '@observablehq/plot'
import { change, count, seconds } from '../format.js'
import { linkTo, zooCells, zooColumns, zooHeadline } from '../zoo-rows.js'
import { latencyRatio, type ZooModel, type ZooSummary } from '../zoo-summary.js'
import { chart, type Drawing, plotSvg, rowNames } from './chart.js'
import { delta } from './headline.js'
import { type Content, html, type Markup } from './markup.js'
import { page } from './page.js'
import { type Column, empty, type Section, shortName, table } from './parts.js'

/** The summary as one HTML file that needs no network; names lead to the reports beside it. */
export const htmlZoo = (summary: ZooSummary): string =>
  page(zooHeadline(summary), top(summary), [gains(summary), models(summary), failures(summary)])

function top({ tool, totals, models: done, failed }: ZooSummary): Markup {
  const targets = [...new Set(done.map(({ target }) => target))].join(', ')
  const { unverified, latencyRatio: mean } = totals
  return html`<header class="headline">
<p class="kicker">${tool.name} ${tool.version}${targets !== '' && html` · ${targets}`}</p>
<h1>${count(done.length)} of ${count(done.length + failed.length)} models</h1>
<div class="hero">
${
  mean !== null &&
  html`<p class="hero-figures"><span class="hero-before">latency in the mean</span>
<span class="hero-after">× ${mean.toFixed(3)}</span>
${delta(1, mean)}</p>`
}
<ul class="badges">${[
    failed.length > 0 && html`<li class="badge bad">✗ ${count(failed.length)} failed</li>`,
    failed.length === 0 && html`<li class="badge good">✓ all are done</li>`,
    unverified > 0 && html`<li class="badge neutral">${count(unverified)} not compared with the original</li>`,
    html`<li class="badge neutral">${seconds(totals.seconds)} of work</li>`,
  ]}</ul>
</div>
</header>`
}

/** Bars are for so many models, from both ends; the table has all of them. */
const mostBars = 60

function gains({ models: done }: ZooSummary): Section {
  const half = mostBars / 2
  const shown = done.length <= mostBars ? done : [...done.slice(0, half), ...done.slice(-half)]
  const left = done.length - shown.length
  return {
    id: 'gains',
    title: 'Gains',
    lead: html`Estimated latency of the result against the original, the largest gain first${
      left > 0 && html`; the ${count(half)} at either end of ${count(done.length)}`
    }.`,
    body:
      done.length === 0
        ? empty('No model was emitted.')
        : html`<figure>${chart('Change of latency by model', (drawing) => bars(shown, drawing))}</figure>`,
  }
}

function bars(shown: readonly ZooModel[], { layout, width }: Drawing): Markup {
  const isWide = layout === 'wide'
  const rowHeight = isWide ? 22 : 36
  const top = isWide ? 0 : 16
  const place = (model: ZooModel) => String(shown.indexOf(model))
  const percent = (model: ZooModel) => (latencyRatio(model) - 1) * 100
  // One model that doubled would leave no room for the gains.
  const shownPercent = (model: ZooModel) => Math.min(percent(model), 100)
  return plotSvg({
    width,
    height: shown.length * rowHeight + 56,
    marginTop: 34,
    marginLeft: isWide ? 236 : 2,
    marginRight: isWide ? 70 : 58,
    marginBottom: 20,
    x: { axis: 'top', label: 'change of latency, %', grid: true, nice: true, ticks: isWide ? 8 : 4 },
    y: { axis: null, domain: shown.map(place), padding: 0 },
    marks: [
      barX(shown, {
        x: shownPercent,
        y: place,
        fill: (model: ZooModel) => (percent(model) > 0 ? 'var(--warm)' : 'var(--after)'),
        rx: 1.5,
        insetTop: top + 4,
        insetBottom: 4,
        title: (model: ZooModel) => `${model.name}: ${change(1, latencyRatio(model))}`,
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
      rowNames(shown, { y: place, name: ({ name }: ZooModel) => shortName(name, isWide ? 34 : 40), layout, lift: 9 }),
      text(shown, {
        y: place,
        text: (model: ZooModel) => change(1, latencyRatio(model)),
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: isWide ? 64 : 56,
        dy: top / 2,
        fill: (model: ZooModel) =>
          percent(model) > 0 ? 'var(--warm)' : percent(model) < 0 ? 'var(--good)' : 'var(--muted)',
      }),
    ],
  })
}

function models({ models: done }: ZooSummary): Section {
  const rows = done.map((model): Content[] => {
    const [name, ...cells] = zooCells(model)
    return [html`<a href="${linkTo(model.html ?? model.report)}">${name}</a>`, ...cells]
  })
  return {
    id: 'models',
    title: 'Models',
    lead: 'Names lead to the reports; changes are of the result against the original.',
    body: done.length === 0 ? empty('No model was emitted.') : table('All models', zooColumns, rows),
  }
}

const failureColumns: readonly Column[] = ['model', 'why', 'what'].map((title) => ({ title, isFigure: false }))

function failures({ failed }: ZooSummary): Section {
  return {
    id: 'failed',
    title: 'Failed',
    lead: 'Models that were not emitted.',
    body:
      failed.length === 0
        ? empty('No model failed.')
        : table(
            'Models that failed',
            failureColumns,
            failed.map(({ name, kind, error }) => [name, kind, error]),
          ),
  }
}
