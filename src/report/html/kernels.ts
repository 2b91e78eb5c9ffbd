import { barX, ruleX, ruleY, text } from '@observablehq/plot'
import type { KernelMetrics } from '../../estimator/metrics.js'
import { bytes, change, count, magnitude, milliseconds } from '../format.js'
import { chart, type Drawing, plotSvg, rowNames } from './chart.js'
import { html, type Markup } from './markup.js'
import { type Column, empty, foldedTable, legend, type Section, shortName } from './parts.js'
import { type KernelRow, type Side, type Subject, sidesText } from './subject.js'

/** Bars are for so many kernels; the table has all of them. */
const mostBars = 60

/** Latency kernel by kernel, what became of each beside it. */
export function kernels(subject: Subject): Section {
  const { rows, sides } = subject
  const shown = largest(rows)
  const isCompared = sides.length > 1
  return {
    id: 'kernels',
    title: 'Kernels',
    lead: html`Where the time goes, in the order of execution${
      rows.length > shown.length && html`: the ${count(mostBars)} that take longest of ${count(rows.length)}`
    }.${isCompared && ' Kernels that do the work of the same nodes of the original stand together.'}`,
    body:
      rows.length === 0
        ? empty('The model has no kernels: everything it computes is constant.')
        : html`<figure>${legend([
            ...(isCompared ? sides.map(({ title, color }) => ({ name: title, color })) : []),
            ...(rows.some(({ kernels }) => kernels.flat().some(hasInterval)) ? [intervalEntry] : []),
          ])}
${chart(`Latency of kernels${sidesText(subject)}`, (drawing) => bars(shown, sides, drawing))}</figure>
${foldedTable('All kernels as a table', columnsOf(sides), rows.map(cells))}`,
  }
}

const intervalEntry = { name: '90 % interval', color: 'ink', shape: 'line' } as const

const hasInterval = ({ latencyMsInterval: [low, high] }: KernelMetrics): boolean => low < high

function largest(rows: readonly KernelRow[]): KernelRow[] {
  const size = ({ latencyMs }: KernelRow) => Math.max(...latencyMs)
  const kept = new Set([...rows].sort((a, b) => size(b) - size(a)).slice(0, mostBars))
  return rows.filter((row) => kept.has(row))
}

function bars(rows: readonly KernelRow[], sides: readonly Side[], { layout, width }: Drawing): Markup {
  const isWide = layout === 'wide'
  // Names have a line of their own where there is no room beside the bars.
  const nameHeight = isWide ? 0 : 18
  const rowHeight = nameHeight + (isWide ? 24 : 22)
  const barHeight = (rowHeight - nameHeight - 6) / sides.length
  const places = new Map(rows.map((row, i) => [row, String(i)]))
  const place = (row: KernelRow) => places.get(row)!
  return plotSvg({
    width,
    height: rows.length * rowHeight + 56,
    marginTop: 34,
    marginLeft: isWide ? 236 : 2,
    marginRight: isWide ? 76 : 62,
    marginBottom: 20,
    x: { axis: 'top', label: 'milliseconds', grid: true, nice: true, ticks: isWide ? 8 : 4 },
    y: { axis: null, domain: rows.map(place), padding: 0 },
    marks: [
      rowNames(rows, { y: place, name: (row: KernelRow) => rowName(row, isWide ? 34 : 40), layout, lift: 10 }),
      ...sides.flatMap(({ title, color }, side) => {
        const top = nameHeight + 3 + side * barHeight
        return [
          barX(rows, {
            x: ({ latencyMs }: KernelRow) => latencyMs[side],
            y: place,
            fill: `var(--${color})`,
            rx: 1.5,
            insetTop: top,
            insetBottom: rowHeight - top - barHeight,
            title: ({ kernels }: KernelRow) => tip(kernels[side]!, title),
          }),
          // Intervals of several kernels do not add up.
          ruleY(
            rows.filter(({ kernels }) => kernels[side]!.length === 1 && hasInterval(kernels[side]![0]!)),
            {
              x1: ({ kernels }: KernelRow) => kernels[side]![0]!.latencyMsInterval[0],
              x2: ({ kernels }: KernelRow) => kernels[side]![0]!.latencyMsInterval[1],
              y: place,
              dy: top + (barHeight - rowHeight) / 2,
              stroke: 'var(--ink)',
              strokeOpacity: 0.7,
            },
          ),
        ]
      }),
      text(rows, {
        y: place,
        text: ({ latencyMs }: KernelRow) => resultText(latencyMs),
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: isWide ? 72 : 60,
        dy: nameHeight / 2,
        fill: ({ latencyMs }: KernelRow) => tone(latencyMs),
        fontVariant: 'tabular-nums',
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
    ],
  })
}

/** How the time changed; of one side the time. */
function resultText([from, to]: readonly number[]): string {
  if (to === undefined) return milliseconds(from!)
  return to === 0 && from! > 0 ? 'gone' : change(from!, to)
}

function tone([from, to]: readonly number[]): string {
  if (to === undefined || to === from) return 'var(--muted)'
  return to < from! ? 'var(--good)' : 'var(--bad)'
}

/** By what there is now; of what is gone by what there was. */
function rowName({ kernels }: KernelRow, length: number): string {
  const [first, ...others] = kernels.findLast((side) => side.length > 0) ?? []
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const merged = kernels.length > 1 && kernels[0]!.length > 1 && kernels[1]!.length > 0
  const from = merged ? `${kernels[0]!.length} kernels → ` : ''
  return `${from}${shortName(first?.name ?? '', length - more.length - from.length)}${more}`
}

const tip = (kernels: readonly KernelMetrics[], title: string): string =>
  [kernels.length === 0 ? `${title}: nothing` : `${title}:`, ...kernels.map(kernelTip)].join('\n')

/** A kernel in two lines. */
export function kernelTip({ name, kind, latencyMs, bound, utilisation, macs, dramBytes, unit }: KernelMetrics): string {
  const use = utilisation > 0 ? `, ${(100 * utilisation).toFixed(0)} % use` : ''
  return (
    `${name}: ${milliseconds(latencyMs)}\n` +
    `${kind}${unit === undefined ? '' : ` on the ${unit}`}, bound by ${bound}${use}, ${magnitude(macs)} MACs, ${bytes(dramBytes)} DRAM`
  )
}

function columnsOf(sides: readonly Side[]): Column[] {
  const isCompared = sides.length > 1
  const words = (titles: readonly string[]) => titles.map((title) => ({ title, isFigure: false }))
  const figures = (titles: readonly string[]) => titles.map((title) => ({ title, isFigure: true }))
  return [
    ...words(isCompared ? sides.map(({ title }) => `kernel ${title}`) : ['kernel']),
    ...words(['kind', 'bound']),
    ...figures(isCompared ? [...sides.map(({ title }) => title), 'change'] : ['latency']),
  ]
}

function cells({ kernels, latencyMs }: KernelRow): string[] {
  const now = kernels.findLast((side) => side.length > 0) ?? []
  const each = (of: (kernel: KernelMetrics) => string) => [...new Set(now.map(of))].join(', ')
  return [
    ...kernels.map((side) => side.map(({ name }) => name).join(', ') || '-'),
    each(({ kind }) => kind),
    each(({ bound }) => bound),
    ...kernels.map((side, i) => (side.length === 0 ? '-' : milliseconds(latencyMs[i]!))),
    ...(kernels.length > 1 ? [resultText(latencyMs)] : []),
  ]
}
