import { barX, ruleX, text } from '@observablehq/plot'
import type { EnergyMetrics } from '../../estimator/metrics.js'
import { change, count, significant } from '../format.js'
import type { Report } from '../report.js'
import { energyLine, kilowattHours } from '../resources.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { empty, legend, type Section, table } from './parts.js'

const parts = [
  { title: 'MACs', color: 'kind-convolution', of: ({ macMj }: EnergyMetrics) => macMj },
  { title: 'SRAM', color: 'kind-attention', of: ({ sramMj }: EnergyMetrics) => sramMj },
  { title: 'DRAM', color: 'kind-depthwise', of: ({ dramMj }: EnergyMetrics) => dramMj },
] as const

/** Energy of an inference, and of all that a fleet makes. */
export function energy({ before, after }: Report): Section {
  const [old, current] = [before.energy, after.energy]
  const users = `${count(current.users)} users with ${significant(current.inferencesPerUserPerDay)} inferences each a day`
  return {
    id: 'energy',
    title: 'Energy',
    lead: 'Arithmetic and data movement of one inference; idle power and control are not in it.',
    body: html`${
      Math.max(old.perInferenceMj, current.perInferenceMj) === 0
        ? empty('The model has no work: no energy.')
        : html`<figure>${legend(parts.map(({ title, color }) => ({ name: title, color })))}
${chart('Energy of one inference before and after, by what takes it', (drawing) => bars(old, current, drawing))}
<figcaption>before: ${energyLine(old)}<br>after: ${energyLine(current)}</figcaption></figure>`
    }${table('Energy of a fleet', columns, [
      [
        'one inference',
        millijoules(old.perInferenceMj),
        millijoules(current.perInferenceMj),
        change(old.perInferenceMj, current.perInferenceMj),
      ],
      [
        `${users}, a day`,
        kilowattHours(old.kWhPerDay),
        kilowattHours(current.kWhPerDay),
        change(old.kWhPerDay, current.kWhPerDay),
      ],
      [
        'the same, a year',
        kilowattHours(old.kWhPerYear),
        kilowattHours(current.kWhPerYear),
        change(old.kWhPerYear, current.kWhPerYear),
      ],
    ])}<p class="note">The use is assumed. Constants: ${current.source}</p>`,
  }
}

const columns = ['', 'before', 'after', 'change'].map((title, i) => ({ title, isFigure: i > 0 }))

const millijoules = (value: number): string => `${significant(value)} mJ`

function bars(old: EnergyMetrics, current: EnergyMetrics, { width, layout }: Drawing): Markup {
  const sides = [
    { when: 'before', energy: old },
    { when: 'after', energy: current },
  ]
  const pieces = sides.flatMap(({ when, energy }) =>
    parts.map(({ title, color, of }) => ({ when, title, fill: `var(--${color})`, value: of(energy) })),
  )
  return plotSvg({
    width,
    height: 140,
    marginLeft: 52,
    marginRight: 70,
    marginBottom: 42,
    x: { label: 'millijoules', grid: true, nice: true, ticks: layout === 'wide' ? 8 : 4 },
    y: { label: null, domain: ['before', 'after'], tickSize: 0, padding: 0.3 },
    marks: [
      barX(pieces, {
        y: 'when',
        x: 'value',
        fill: 'fill',
        insetRight: 1,
        title: ({ when, title, value }: (typeof pieces)[number]) => `${when}, ${title}: ${millijoules(value)}`,
      }),
      text(sides, {
        y: 'when',
        x: ({ energy }: (typeof sides)[number]) => energy.perInferenceMj,
        text: ({ energy }: (typeof sides)[number]) => millijoules(energy.perInferenceMj),
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--ink)',
        fontWeight: 600,
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
    ],
  })
}
