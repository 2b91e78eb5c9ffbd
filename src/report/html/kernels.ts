import { barX, ruleX, ruleY, text } from '@observablehq/plot'
import type { KernelMetrics, Metrics } from '../../estimator/metrics.js'
import { bytes, change, count, magnitude, milliseconds } from '../format.js'
import type { KernelMatch } from '../kernel-matches.js'
import type { Report } from '../report.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { html, type Markup } from './markup.js'
import { beforeAndAfter, empty, foldedTable, legend, type Section, shortName } from './parts.js'

/** Bars are for so many kernels; the table has all of them. */
const mostBars = 60

/** Latency kernel by kernel, what became of each beside it. */
export function kernels({ before, after, kernelMatches }: Report): Section {
  const shown = largest(kernelMatches)
  const rest = kernelMatches.length - shown.length
  return {
    id: 'kernels',
    title: 'Kernels',
    lead: html`Where the time goes, in the order of execution. Kernels that do the work of the same nodes of the original stand
together${rest > 0 && html`; the ${count(mostBars)} that take longest of ${count(kernelMatches.length)}`}.`,
    body:
      kernelMatches.length === 0
        ? empty('The model has no kernels: everything it computes is constant.')
        : html`<figure>${legend([...beforeAndAfter, ...(hasIntervals(before, after) ? [intervalEntry] : [])])}
${chart('Latency of kernels before and after', (drawing) => bars(shown, before, after, drawing))}</figure>
${foldedTable('All kernels as a table', columns, rows(kernelMatches, before, after))}`,
  }
}

const intervalEntry = { name: '90 % interval', color: 'ink', shape: 'line' } as const

function largest(matches: readonly KernelMatch[]): KernelMatch[] {
  const size = ({ latencyMs }: KernelMatch) => Math.max(...latencyMs)
  const kept = new Set([...matches].sort((a, b) => size(b) - size(a)).slice(0, mostBars))
  return matches.filter((match) => kept.has(match))
}

const hasIntervals = (...metrics: Metrics[]): boolean =>
  metrics.some((each) => each.kernels.some(({ latencyMsInterval: [low, high] }) => low < high))

function bars(matches: readonly KernelMatch[], before: Metrics, after: Metrics, { layout, width }: Drawing): Markup {
  const isWide = layout === 'wide'
  const rowHeight = isWide ? 24 : 40
  const top = isWide ? 0 : 18
  const place = (match: KernelMatch) => String(matches.indexOf(match))
  const half = (rowHeight - top) / 2
  const side = (index: 0 | 1) => {
    const insets = index === 0 ? { insetTop: top + 3, insetBottom: half } : { insetTop: top + half, insetBottom: 3 }
    const { kernels } = index === 0 ? before : after
    const of = (match: KernelMatch) => (index === 0 ? match.before : match.after)
    const single = matches.filter((match) => of(match).length === 1 && isWideInterval(kernels[of(match)[0]!]!))
    return [
      barX(matches, {
        x: (match: KernelMatch) => match.latencyMs[index],
        y: place,
        fill: index === 0 ? 'var(--before)' : 'var(--after)',
        rx: 1.5,
        title: (match: KernelMatch) =>
          tip(
            of(match).map((i) => kernels[i]!),
            index === 0 ? 'before' : 'after',
          ),
        ...insets,
      }),
      ruleY(single, {
        x1: (match: KernelMatch) => kernels[of(match)[0]!]!.latencyMsInterval[0],
        x2: (match: KernelMatch) => kernels[of(match)[0]!]!.latencyMsInterval[1],
        y: place,
        dy: (top + (index === 0 ? -half : half)) / 2,
        stroke: 'var(--ink)',
        strokeOpacity: 0.7,
      }),
    ]
  }
  return plotSvg({
    width,
    height: matches.length * rowHeight + 56,
    marginTop: 34,
    marginLeft: isWide ? 236 : 2,
    marginRight: isWide ? 70 : 58,
    marginBottom: 20,
    x: { axis: 'top', label: 'milliseconds', grid: true, nice: true, ticks: isWide ? 8 : 4 },
    y: { axis: null, domain: matches.map(place), padding: 0 },
    marks: [
      text(matches, {
        y: place,
        text: (match: KernelMatch) => matchName(match, before, after, isWide ? 34 : 40),
        frameAnchor: 'left',
        textAnchor: isWide ? 'end' : 'start',
        dx: isWide ? -8 : 0,
        dy: isWide ? 0 : -10,
        fill: 'var(--ink)',
      }),
      ...side(0),
      ...side(1),
      text(matches, {
        y: place,
        text: ({ latencyMs }: KernelMatch) => changeText(latencyMs),
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: isWide ? 64 : 56,
        dy: top / 2,
        fill: ({ latencyMs: [from, to] }: KernelMatch) =>
          to < from ? 'var(--good)' : to > from ? 'var(--bad)' : 'var(--muted)',
        fontVariant: 'tabular-nums',
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
    ],
  })
}

const isWideInterval = ({ latencyMsInterval: [low, high] }: KernelMetrics): boolean => low < high

function changeText([from, to]: KernelMatch['latencyMs']): string {
  return to === 0 && from > 0 ? 'gone' : change(from, to)
}

function matchName(match: KernelMatch, before: Metrics, after: Metrics, length: number): string {
  const [names, all] = match.after.length > 0 ? [match.after, after] : [match.before, before]
  const [first, ...others] = names.map((i) => all.kernels[i]!.name)
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const from = match.before.length > 1 && match.after.length > 0 ? `${match.before.length} kernels → ` : ''
  return `${from}${shortName(first!, length - more.length - from.length)}${more}`
}

const tip = (kernels: readonly KernelMetrics[], when: string): string =>
  [`${when}: ${kernels.length === 0 ? 'nothing' : ''}`.trim(), ...kernels.map(kernelTip)].join('\n')

/** A kernel in two lines. */
export function kernelTip({ name, kind, latencyMs, bound, utilisation, macs, dramBytes, unit }: KernelMetrics): string {
  const use = utilisation > 0 ? `, ${(100 * utilisation).toFixed(0)} % use` : ''
  return (
    `${name}: ${milliseconds(latencyMs)}\n` +
    `${kind}${unit === undefined ? '' : ` on the ${unit}`}, bound by ${bound}${use}, ${magnitude(macs)} MACs, ${bytes(dramBytes)} DRAM`
  )
}

const columns = ['kernel before', 'kernel after', 'kind', 'bound', 'before', 'after', 'change'].map((title, i) => ({
  title,
  isFigure: i > 3,
}))

function rows(matches: readonly KernelMatch[], before: Metrics, after: Metrics): string[][] {
  return matches.map(({ before: from, after: to, latencyMs }) => {
    const all = to.length > 0 ? to.map((i) => after.kernels[i]!) : from.map((i) => before.kernels[i]!)
    const names = (indices: readonly number[], { kernels }: Metrics) =>
      indices.map((i) => kernels[i]!.name).join(', ') || '-'
    const each = (of: (kernel: KernelMetrics) => string) => [...new Set(all.map(of))].join(', ')
    return [
      names(from, before),
      names(to, after),
      each(({ kind }) => kind),
      each(({ bound }) => bound),
      from.length === 0 ? '-' : milliseconds(latencyMs[0]),
      to.length === 0 ? '-' : milliseconds(latencyMs[1]),
      changeText(latencyMs),
    ]
  })
}
