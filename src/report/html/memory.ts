import { areaY, dot, rectY, ruleY, text } from '@observablehq/plot'
import type { MemoryMetrics, MemoryStep } from '../../estimator/metrics.js'
import { bytes, count } from '../format.js'
import { peakLine, sramLine } from '../resources.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, foldedTable, legend, type Section, shortName } from './parts.js'
import { lastSide, type Side, type Subject } from './subject.js'

/** Steps with a bar of their own; of more only the outline is drawn. */
const mostBars = 300

/** Activations alive over one inference. */
export function memory(subject: Subject): Section {
  const { sides } = subject
  const most = Math.max(...sides.map(({ metrics }) => metrics.memory.peakBytes))
  return {
    id: 'memory',
    title: 'Memory over time',
    lead: 'Bytes of activations alive while each kernel runs, in the planned order, results written over operands where they may be.',
    body: html`${legend([
      { name: 'more than the SRAM', color: 'warm' },
      { name: 'size of the SRAM', color: 'ink', shape: 'dashed' },
    ])}${sides.map((side) => timelineFigure(side, most))}
${foldedTable(`Steps ${lastSide(subject).title}, as a table`, columns, lastSide(subject).metrics.memory.timeline.map(row))}`,
  }
}

function timelineFigure({ title, color, metrics }: Side, most: number): Markup {
  const { memory } = metrics
  return html`<figure><figcaption><strong>${title}</strong>: ${peakLine(memory)}</figcaption>${
    memory.timeline.length < 2
      ? empty(`There is no timeline of ${count(memory.timeline.length)} kernels.`)
      : chart(`Bytes of activations alive ${title}, kernel by kernel`, (drawing) =>
          timeline(memory, `var(--${color})`, most, drawing),
        )
  }<p class="note">${sramLine(memory)}.</p></figure>`
}

const columns = ['kernel', 'alive', 'on the chip', 'fits the SRAM'].map((title, i) => ({
  title,
  isFigure: i === 1 || i === 2,
}))

const row = ({ kernel, liveBytes, onChipBytes, fitsSram }: MemoryStep): string[] => [
  kernel,
  bytes(liveBytes),
  bytes(onChipBytes),
  fitsSram ? 'yes' : 'no',
]

function timeline(metrics: MemoryMetrics, color: string, most: number, { width, layout }: Drawing): Markup {
  const steps = metrics.timeline.map((step, i) => ({ ...step, i }))
  const peaks = steps.filter(({ liveBytes }) => liveBytes === metrics.peakBytes).slice(0, 1)
  const isEarly = peaks.every(({ i }) => i < steps.length / 2)
  const fill = ({ fitsSram }: MemoryStep) => (fitsSram ? color : 'var(--warm)')
  const isWide = layout === 'wide'
  // A line far above everything would press the rest to the ground.
  const sram = metrics.sramBytes <= 1.6 * most ? [metrics.sramBytes] : []
  return plotSvg({
    width,
    height: isWide ? 205 : 185,
    marginLeft: 52,
    marginTop: 26,
    marginBottom: 40,
    x: { label: 'kernel', domain: [0, steps.length], ticks: isWide ? 10 : 5 },
    y: {
      label: null,
      grid: true,
      ticks: 4,
      tickFormat: bytes,
      domain: [0, Math.max(most, ...sram)],
    },
    marks: [
      steps.length <= mostBars
        ? rectY(steps, {
            x1: 'i',
            x2: ({ i }) => i + 1,
            y: 'liveBytes',
            fill,
            insetRight: width / steps.length > 5 ? 1 : 0,
            title: ({ kernel, liveBytes }) => `${kernel}: ${bytes(liveBytes)} alive`,
          })
        : areaY(steps, { x: 'i', y: 'liveBytes', fill: color, curve: 'step-after' }),
      ruleY(sram, { stroke: 'var(--ink)', strokeDasharray: '5 4' }),
      text(sram, {
        y: (size) => size,
        text: (size) => `SRAM ${bytes(size)}`,
        frameAnchor: 'right',
        textAnchor: 'end',
        dy: -7,
        fill: 'var(--ink)',
      }),
      dot(peaks, { x: ({ i }) => i + 0.5, y: 'liveBytes', r: 4, fill: 'var(--ink)' }),
      text(peaks, {
        x: ({ i }) => i + 0.5,
        y: 'liveBytes',
        text: ({ kernel, liveBytes }) => `${bytes(liveBytes)} at ${shortName(kernel, 28)}`,
        textAnchor: isEarly ? 'start' : 'end',
        dx: isEarly ? 8 : -8,
        dy: -8,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
      ruleY([0], { stroke: 'var(--muted)' }),
    ],
  })
}
