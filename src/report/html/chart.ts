import { type Markish, type PlotOptions, plot, text } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type Content, html, Markup } from './markup.js'

/** Widths in pixels that every chart is drawn for: a page and a phone. The style sheet shows one of them. */
const widths = { wide: 900, narrow: 340 } as const

export type Layout = keyof typeof widths

export interface Drawing {
  readonly layout: Layout
  readonly width: number
}

/**
 * A picture of figures that a table holds as well. Marks with a `data-tip` are what pointer and arrow keys visit.
 * `label`: what the picture shows, for those who do not see it. `share`: how much of the page's width it has.
 */
export function chart(label: string, draw: (drawing: Drawing) => Content, share = 1): Markup {
  const version = (layout: Layout) => {
    const width = layout === 'wide' ? widths.wide * share : widths.narrow
    return html`<div class="${layout}">${draw({ layout, width: Math.round(width) })}</div>`
  }
  return html`<div class="chart" role="group" aria-roledescription="chart" tabindex="0" aria-label="${label}">
${version('wide')}${version('narrow')}</div>`
}

/** An Observable Plot as SVG. Titles of marks become tips; colours are the style sheet's. */
export function plotSvg(options: PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const svg = plot({ ...options, document: document as never }) as unknown as SvgElement
  for (const style of svg.querySelectorAll('style')) style.remove()
  for (const title of svg.querySelectorAll('title')) {
    // An ampersand is written as it is: linkedom escapes nothing but quotes in attributes.
    title.parentNode.setAttribute('data-tip', title.textContent.replaceAll('&', '&amp;'))
    title.remove()
  }
  svg.setAttribute('aria-hidden', 'true')
  svg.removeAttribute('class')
  return new Markup(shortened(svg.outerHTML))
}

/** Names of rows: beside them on a page; on a phone, where there is no room, `lift` pixels above their middle. */
export function rowNames<Row>(
  rows: readonly Row[],
  {
    y,
    name,
    layout,
    lift,
  }: {
    readonly y: string | ((row: Row) => string)
    readonly name: (row: Row) => string
    readonly layout: Layout
    readonly lift: number
  },
): Markish {
  const isWide = layout === 'wide'
  return text(rows as Row[], {
    y,
    text: name,
    frameAnchor: 'left',
    textAnchor: isWide ? 'end' : 'start',
    dx: isWide ? -8 : 0,
    dy: isWide ? 0 : -lift,
    fill: 'var(--ink)',
  })
}

const geometry = /( (?:d|transform|[xy][12]?|c[xy]|r|width|height)=")([^"]*)/g

/** Half of an SVG's bytes are digits that no screen shows. */
const shortened = (svg: string): string =>
  svg.replaceAll(
    geometry,
    (_, name: string, value: string) =>
      name + value.replaceAll(/-?\d+\.\d{3,}/g, (digits) => String(Math.round(Number(digits) * 100) / 100)),
  )

/** What is used of the DOM that the plot is made in. */
interface SvgElement {
  readonly textContent: string
  readonly outerHTML: string
  readonly parentNode: SvgElement
  querySelectorAll(selector: string): Iterable<SvgElement>
  setAttribute(name: string, value: string): void
  removeAttribute(name: string): void
  remove(): void
}
