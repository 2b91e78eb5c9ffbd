import { barX, ruleX, text } from '@observablehq/plot'
import type { EnergyMetrics } from '../../estimator/metrics.js'
import { change, count, significant } from '../format.js'
import { energyLine, kilowattHours } from '../resources.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, legend, type Section, table } from './parts.js'
import { lastSide, type Side, type Subject, sidesText } from './subject.js'

const parts = [
  { title: 'MACs', color: 'kind-convolution', of: ({ macMj }: EnergyMetrics) => macMj },
  { title: 'SRAM', color: 'kind-attention', of: ({ sramMj }: EnergyMetrics) => sramMj },
  { title: 'DRAM', color: 'kind-depthwise', of: ({ dramMj }: EnergyMetrics) => dramMj },
] as const

/** Energy of an inference, and of all that a fleet makes. */
export function energy(subject: Subject): Section {
  const { sides } = subject
  const { users, inferencesPerUserPerDay, source } = lastSide(subject).metrics.energy
  const often = inferencesPerUserPerDay === 1 ? 'one inference' : `${significant(inferencesPerUserPerDay)} inferences`
  const line = (title: string, of: (energy: EnergyMetrics) => number, format: (value: number) => string) => {
    const values = sides.map(({ metrics }) => of(metrics.energy))
    return [title, ...values.map(format), ...(sides.length > 1 ? [change(values[0]!, values[1]!)] : [])]
  }
  return {
    id: 'energy',
    title: 'Energy',
    lead: 'Arithmetic and data movement of one inference; idle power and control are not in it.',
    body: html`${
      sides.every(({ metrics }) => metrics.energy.perInferenceMj === 0)
        ? empty('The model has no work: no energy.')
        : html`<figure>${legend(parts.map(({ title, color }) => ({ name: title, color })))}
${chart(`Energy of one inference${sidesText(subject)}, by what takes it`, (drawing) => bars(sides, drawing))}
${sides.map(({ title, metrics }) => html`<figcaption>${title}: ${energyLine(metrics.energy)}</figcaption>`)}</figure>`
    }${table(
      'Energy of a fleet',
      ['', ...sides.map(({ title }) => title), ...(sides.length > 1 ? ['change'] : [])].map((title, i) => ({
        title,
        isFigure: i > 0,
      })),
      [
        line('one inference', ({ perInferenceMj }) => perInferenceMj, millijoules),
        line(`${count(users)} users, ${often} each a day: a day`, ({ kWhPerDay }) => kWhPerDay, kilowattHours),
        line('the same: a year', ({ kWhPerYear }) => kWhPerYear, kilowattHours),
      ],
    )}<p class="note">The use is assumed. Constants: ${source}</p>`,
  }
}

const millijoules = (value: number): string => `${significant(value)} mJ`

function bars(sides: readonly Side[], { width, layout }: Drawing): Markup {
  const pieces = sides.flatMap((side) =>
    parts.map(({ title, color, of }) => ({
      when: side.title,
      title,
      fill: `var(--${color})`,
      value: of(side.metrics.energy),
    })),
  )
  return plotSvg({
    width,
    height: 68 + 36 * sides.length,
    marginLeft: 52,
    marginRight: 70,
    marginBottom: 42,
    x: { label: 'millijoules', grid: true, nice: true, ticks: layout === 'wide' ? 8 : 4 },
    y: { label: null, domain: sides.map(({ title }) => title), tickSize: 0, padding: 0.3 },
    marks: [
      barX(pieces, {
        y: 'when',
        x: 'value',
        fill: 'fill',
        insetRight: 1,
        title: ({ when, title, value }: (typeof pieces)[number]) => `${when}, ${title}: ${millijoules(value)}`,
      }),
      text(sides, {
        y: 'title',
        x: ({ metrics }: Side) => metrics.energy.perInferenceMj,
        text: ({ metrics }: Side) => millijoules(metrics.energy.perInferenceMj),
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
    ],
  })
}
