import { dot, line, text } from '@observablehq/plot'
import type { KernelMetrics } from '../../estimator/metrics.js'
import type { Ceilings } from '../../hw/ceilings.js'
import { count, magnitude } from '../format.js'
import { chart, type Drawing, plotSvg } from './chart.js'
import { kernelTip } from './kernels.js'
import { html, type Markup } from './markup.js'
import { empty, kindLegend, kindScale, legend, type Section } from './parts.js'
import { lastSide, type Subject } from './subject.js'

type Point = KernelMetrics & { readonly macsPerDramByte: number }

/** Kernels that are drawn, at most. */
const mostPoints = 400

const isPoint = (kernel: KernelMetrics): kernel is Point => kernel.macsPerDramByte !== null && kernel.macsPerSecond > 0

/** Kernels under what no kernel gets past. */
export function roofline(subject: Subject): Section {
  const { sides, target } = subject
  const { metrics } = lastSide(subject)
  const points = metrics.kernels.filter(isPoint)
  const current = slowest(points)
  const old = sides.length > 1 ? slowest(sides[0]!.metrics.kernels.filter(isPoint)) : []
  const { ceilings } = target
  const left = metrics.kernels.length - points.length
  return {
    id: 'roofline',
    title: 'Roofline',
    lead:
      ceilings === null
        ? 'How fast kernels multiply, by how often they use a byte from DRAM. The description of this target names no peak, so there is no roof.'
        : html`How fast kernels multiply, by how often they use a byte from DRAM. The roof is what the target can do at most: at the slope
DRAM limits, at the level the ${magnitude(ceilings.macsPerSecond)} MACs a second of the array. What lies far below pays for its shape: idle
lanes, or its start.${ceilings.prefetches && ' Over the slope are kernels whose weights arrived while the one before was running.'}`,
    body:
      old.length + current.length === 0
        ? empty('No kernel has both multiplications and DRAM traffic.')
        : html`<figure>${kindLegend(current)}${old.length > 0 && legend([{ name: 'before', color: 'before', shape: 'ring' }])}
${chart('MACs per second of kernels by MACs per byte of DRAM traffic', (drawing) => scatter(old, current, ceilings, drawing))}
<figcaption>Areas stand for latency.${left > 0 && ` ${count(left)} kernels have no multiplications or no DRAM traffic and are not here.`}${
            points.length > current.length && ` Of the others the ${count(mostPoints)} that take longest are drawn.`
          }</figcaption></figure>`,
  }
}

const slowest = (points: readonly Point[]): Point[] =>
  [...points].sort((a, b) => b.latencyMs - a.latencyMs).slice(0, mostPoints)

function scatter(
  old: readonly Point[],
  current: readonly Point[],
  ceilings: Ceilings | null,
  { width, layout }: Drawing,
): Markup {
  const x = (point: Point) => point.macsPerDramByte
  const y = (point: Point) => point.macsPerSecond
  const all = [...old, ...current]
  const isWide = layout === 'wide'
  const least = Math.min(...all.map(x))
  const most = Math.max(...all.map(x))
  const roofs = ceilings === null ? [] : [ceilings.macsPerSecond]
  const shared = { x, y, r: (point: Point) => point.latencyMs, title: kernelTip }
  return plotSvg({
    width,
    height: isWide ? 420 : 320,
    marginLeft: 52,
    marginRight: 20,
    marginBottom: 42,
    x: { ...axis(x, all, [1, 1]), label: 'MACs per byte of DRAM traffic' },
    y: { ...axis(y, all, [1 / 1.5, 1.6], roofs), label: 'MACs per second' },
    r: { range: [0, isWide ? 11 : 8] },
    color: kindScale,
    marks: [
      ceilings === null ? null : roof(ceilings, least, most),
      dot(old, { ...shared, stroke: 'var(--before)', strokeWidth: 1.5 }),
      dot(current, { ...shared, fill: 'kind', fillOpacity: 0.85, stroke: 'var(--surface)' }),
      isWide && ceilings !== null ? roofNames(ceilings, most) : null,
    ],
  })
}

/** A logarithmic axis with the powers of ten for ticks; `room`: factors below and above the values. */
function axis(
  of: (point: Point) => number,
  points: readonly Point[],
  room: readonly [below: number, above: number],
  others: readonly number[] = [],
) {
  const values = [...points.map(of), ...others]
  const [low, high] = [Math.min(...values) * room[0], Math.max(...values) * room[1]]
  const first = Math.ceil(Math.log10(low))
  const count = Math.floor(Math.log10(high)) - first + 1
  const ticks = Array.from({ length: Math.max(0, count) }, (_, i) => 10 ** (first + i))
  return { type: 'log', domain: [low, high], grid: true, ticks, tickFormat: power } as const
}

const power = (value: number): string => (value < 1 ? String(value) : magnitude(value).replace(/\.0+/, ''))

/** From the least intensity to the ridge, and level from there. */
function roof({ macsPerSecond, dramBytesPerSecond }: Ceilings, least: number, most: number) {
  const ridge = macsPerSecond / dramBytesPerSecond
  const corners = [Math.min(least, ridge), ridge, Math.max(most, ridge)]
  return line(corners, {
    x: (intensity) => intensity,
    y: (intensity) => Math.min(macsPerSecond, intensity * dramBytesPerSecond),
    stroke: 'var(--ink)',
    strokeWidth: 1.5,
  })
}

const roofNames = ({ macsPerSecond, dramBytesPerSecond }: Ceilings, most: number) =>
  text([macsPerSecond], {
    x: Math.max(most, macsPerSecond / dramBytesPerSecond),
    y: macsPerSecond,
    text: (peak) => `${magnitude(peak)} MACs/s`,
    textAnchor: 'end',
    dy: -8,
    fill: 'var(--muted)',
  })
