import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy'
import type { KernelMetrics } from '../../estimator/metrics.js'
import { bytes, magnitude, milliseconds } from '../format.js'
import { chart } from './chart.js'
import { kernelTip } from './kernels.js'
import { html, type Markup } from './markup.js'
import { empty, kindLegend, type Section, shortName } from './parts.js'
import type { Side, Subject } from './subject.js'

/** Larger kernels have a tile of their own, the others one for each kind. */
const mostTiles = 300

/** Pixels, of fonts on the wide side. */
const letterWidth = 7

interface Measure {
  readonly id: string
  readonly title: string
  readonly of: (kernel: KernelMetrics) => number
  readonly format: (value: number) => string
}

const measures: readonly Measure[] = [
  { id: 'latency', title: 'Latency', of: ({ latencyMs }) => latencyMs, format: milliseconds },
  { id: 'macs', title: 'MACs', of: ({ macs }) => macs, format: magnitude },
  { id: 'moved', title: 'Bytes moved', of: ({ movedBytes }) => movedBytes, format: bytes },
  { id: 'dram', title: 'DRAM traffic', of: ({ dramBytes }) => dramBytes, format: bytes },
]

/** Areas of kernels, by what they take. */
export function treemaps({ sides }: Subject): Section {
  const scale = sides.length > 1 ? '; before and after are drawn to one scale' : ''
  return {
    id: 'shares',
    title: 'Shares',
    lead: `What kernels take of the whole, as areas${scale}. Where the maps of MACs and of latency differ, multiplications are not what costs time.`,
    body: html`<div class="tabs" role="radiogroup" aria-label="What areas stand for">${measures.map(
      ({ id, title }, i) =>
        html`<input type="radio" name="treemap" id="treemap-${id}"${i === 0 && html` checked`}><label for="treemap-${id}">${title}</label>`,
    )}${measures.map((measure) => html`<div class="panel" data-panel="${measure.id}" data-title="${measure.title}">${panel(measure, sides)}</div>`)}</div>
${kindLegend(sides.flatMap(({ metrics }) => metrics.kernels))}`,
  }
}

function panel(measure: Measure, sides: readonly Side[]): Markup {
  const totals = sides.map(({ metrics }) => metrics.kernels.reduce((sum, kernel) => sum + measure.of(kernel), 0))
  const largest = Math.max(...totals)
  if (largest === 0) return empty(`No kernel has any: ${measure.title} is zero.`)
  return html`<div class="columns even">${sides.map(
    ({ title, metrics }, i) =>
      html`<figure><figcaption>${title}</figcaption>${chart(
        `${measure.title} of kernels ${title}, as areas`,
        ({ layout, width }) => {
          const full = layout === 'wide' ? 380 : 300
          return tiles(metrics.kernels, measure, width, Math.max(24, Math.round((full * totals[i]!) / largest)))
        },
        sides.length > 1 ? 0.49 : 1,
      )}</figure>`,
  )}</div>`
}

interface Tile {
  readonly name: string
  readonly kind: string
  readonly value: number
  readonly tip: string
}

function tiles(kernels: readonly KernelMetrics[], measure: Measure, width: number, height: number): Markup {
  const tree = hierarchy<{ children?: readonly unknown[] } | Tile>({ children: kindsOf(kernels, measure) })
    .sum((item) => ('value' in item ? item.value : 0))
    .sort((a, b) => b.value! - a.value!)
  const root = treemap<{ children?: readonly unknown[] } | Tile>()
    .tile(treemapSquarify.ratio(1.4))
    .size([width, height])
    .paddingInner(1.5)
    .round(true)(tree)
  return html`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true">${root
    .leaves()
    .map(({ data, x0, y0, x1, y1 }) => {
      const { name, kind, value, tip } = data as Tile
      const [w, h] = [x1 - x0, y1 - y0]
      if (w <= 0 || h <= 0) return ''
      const letters = Math.floor((w - 8) / letterWidth)
      return html`<g data-tip="${tip}" transform="translate(${x0},${y0})"><rect width="${w}" height="${h}" rx="2" class="tile-${kind}"/>${
        letters >= 5 && h >= 18 && html`<text x="5" y="14" class="tile-text">${shortName(name, letters)}</text>`
      }${letters >= measure.format(value).length && h >= 34 && html`<text x="5" y="28" class="tile-text value">${measure.format(value)}</text>`}</g>`
    })}</svg>`
}

/** Tiles by kind of kernel. */
function kindsOf(kernels: readonly KernelMetrics[], { of, format }: Measure): { children: Tile[] }[] {
  const own = new Set([...kernels].sort((a, b) => of(b) - of(a)).slice(0, mostTiles))
  const kinds = new Map<string, { readonly children: Tile[]; readonly rest: KernelMetrics[] }>()
  for (const kernel of kernels) {
    const { kind, name } = kernel
    const value = of(kernel)
    if (value === 0) continue
    const group = kinds.get(kind) ?? { children: [], rest: [] }
    kinds.set(kind, group)
    if (own.has(kernel)) group.children.push({ name, kind, value, tip: kernelTip(kernel) })
    else group.rest.push(kernel)
  }
  for (const [kind, { children, rest }] of kinds) {
    if (rest.length === 0) continue
    const value = rest.reduce((sum, kernel) => sum + of(kernel), 0)
    const name = `${rest.length} more`
    children.push({ name, kind, value, tip: `${name} of kind ${kind}: ${format(value)}` })
  }
  return [...kinds.values()]
}
