import { dot, line, ruleX } from '@observablehq/plot'
import type { Landscape, LandscapeAxis, LandscapePoint } from '../../estimator/landscape.js'
import { count, magnitude, milliseconds } from '../format.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, foldedTable, legend, type Section } from './parts.js'
import type { Subject } from './subject.js'

/** What one layer would cost with other numbers of channels. */
export function landscape({ landscape, target }: Subject): Section {
  return {
    id: 'landscape',
    title: 'Cost landscape of one layer',
    lead: html`MACs grow smoothly with the channels of a layer; the time on ${target.name} does not. That is why sizes are chosen for the
accelerator, and not for their MACs.`,
    body:
      landscape === null
        ? empty('The model has no dense convolution or multiplication whose channels could be varied.')
        : html`<p>${landscapeText(landscape)}</p>${legend([
            { name: 'every number of channels', color: 'before', shape: 'line' },
            { name: `multiples of ${landscape.curatedStep}`, color: 'after' },
            { name: 'MACs', color: 'warm', shape: 'line' },
            { name: 'the layer as it is', color: 'ink', shape: 'dashed' },
          ])}<div class="columns even">${axisFigure('output', landscape.output, landscape)}${axisFigure(
            'input',
            landscape.input,
            landscape,
          )}</div>`,
  }
}

function landscapeText({ layer, curatedStep, output, input }: Landscape): Markup {
  const falls = output.falls + input.falls
  return html`<code>${layer}</code> as the estimator sees it with everything else as it is. At ${count(output.free)} of
${count(output.points.length)} numbers of output channels one more costs no time. Multiples of ${curatedStep} are what a search chooses
from${
    falls === 0
      ? '.'
      : html`: more channels are faster at ${count(falls)} of all sizes, and at ${count(output.curatedFalls + input.curatedFalls)} of
these.`
  }`
}

function axisFigure(side: 'output' | 'input', axis: LandscapeAxis, { layer }: Landscape): Markup {
  return html`<figure><figcaption>${side} channels</figcaption>${chart(
    `Latency and MACs of ${layer} by its number of ${side} channels`,
    (drawing) => html`${latencyPlot(axis, drawing)}${macsPlot(axis, drawing)}`,
    0.49,
  )}${foldedTable(`By ${side} channels, as a table`, columns, axis.points.map(row))}</figure>`
}

const columns = ['channels', 'MACs', 'latency', 'curated'].map((title, i) => ({ title, isFigure: i < 3 }))

const row = ({ channels, macs, latencyMs, isCurated }: LandscapePoint): string[] => [
  count(channels),
  magnitude(macs),
  milliseconds(latencyMs),
  isCurated ? 'yes' : '',
]

const frame = ({ channels, points }: LandscapeAxis, { width }: Drawing) => ({
  width,
  marginLeft: 52,
  marginRight: 12,
  x: { domain: [points[0]!.channels, points.at(-1)!.channels], ticks: 6 },
  own: ruleX([channels], { stroke: 'var(--ink)', strokeDasharray: '4 4' }),
})

function latencyPlot(axis: LandscapeAxis, drawing: Drawing): Markup {
  const { own, x, ...shared } = frame(axis, drawing)
  const curated = axis.points.filter(({ isCurated }) => isCurated)
  return plotSvg({
    ...shared,
    height: 230,
    marginBottom: 8,
    x: { ...x, axis: null },
    y: { label: 'milliseconds', grid: true, nice: true, ticks: 5 },
    marks: [
      own,
      line(axis.points, { x: 'channels', y: 'latencyMs', stroke: 'var(--before)', strokeWidth: 1.5 }),
      line(curated, { x: 'channels', y: 'latencyMs', stroke: 'var(--after)', strokeWidth: 1.5 }),
      dot(curated, {
        x: 'channels',
        y: 'latencyMs',
        r: curated.length > 24 ? 2.5 : 4,
        fill: 'var(--after)',
        title: ({ channels, latencyMs, macs }: LandscapePoint) =>
          `${count(channels)} channels: ${milliseconds(latencyMs)}, ${magnitude(macs)} MACs`,
      }),
    ],
  })
}

function macsPlot(axis: LandscapeAxis, drawing: Drawing): Markup {
  const { own, x, ...shared } = frame(axis, drawing)
  return plotSvg({
    ...shared,
    height: 142,
    marginTop: 24,
    marginBottom: 40,
    x: { ...x, label: 'channels' },
    y: { label: 'MACs', grid: true, nice: true, ticks: 3, tickFormat: magnitude },
    marks: [own, line(axis.points, { x: 'channels', y: 'macs', stroke: 'var(--warm)', strokeWidth: 1.5 })],
  })
}
