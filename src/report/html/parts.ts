import { kernelKinds } from '../../hw/shape.js'
import { type Content, html, type Markup } from './markup.js'

/** One part of the page; `id` is its anchor. */
export interface Section {
  readonly id: string
  readonly title: string
  /** How to read it. */
  readonly lead: Content
  readonly body: Content
}

export const sectionMarkup = ({ id, title, lead, body }: Section): Markup =>
  html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
<p class="lead">${lead}</p>${body}</section>`

/** Instead of a view that has nothing to show. */
export const empty = (reason: Content): Markup => html`<p class="empty">${reason}</p>`

export interface Column {
  readonly title: string
  /** Set to the right. */
  readonly isFigure: boolean
}

export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Content[])[]): Markup {
  const cell = (content: Content, i: number) => {
    const align = columns[i]!.isFigure ? html` class="figure"` : ''
    return i === 0 ? html`<th scope="row"${align}>${content}</th>` : html`<td${align}>${content}</td>`
  }
  const head = ({ title, isFigure }: Column) =>
    title === '' ? html`<td></td>` : html`<th scope="col"${isFigure && html` class="figure"`}>${title}</th>`
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table>
<thead><tr>${columns.map(head)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table></div>`
}

/** A table that is folded away: what a chart shows, as figures. */
export const foldedTable = (
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Markup => html`<details><summary>${caption}</summary>${table(caption, columns, rows)}</details>`

export interface LegendEntry {
  readonly name: string
  /** Name of a colour of the style sheet. */
  readonly color: string
  readonly shape?: 'square' | 'ring' | 'line' | 'dashed'
}

export const legend = (entries: readonly LegendEntry[]): Markup =>
  html`<ul class="legend">${entries.map(
    ({ name, color, shape = 'square' }) =>
      html`<li><span class="key ${shape}" style="--key:var(--${color})"></span>${name}</li>`,
  )}</ul>`

export const beforeAndAfter: readonly LegendEntry[] = [
  { name: 'before', color: 'before' },
  { name: 'after', color: 'after' },
]

/** Kinds of kernel and their colours, in one order everywhere. */
export const kindScale = {
  domain: [...kernelKinds],
  range: kernelKinds.map((kind) => `var(--kind-${kind})`),
}

export function kindLegend(kernels: readonly { readonly kind: string }[]): Markup {
  const occurring = new Set(kernels.map(({ kind }) => kind))
  return legend(
    kernelKinds.filter((kind) => occurring.has(kind)).map((kind) => ({ name: kind, color: `kind-${kind}` })),
  )
}

/** The end of a long name says more than its beginning. */
export const shortName = (name: string, length: number): string =>
  name.length > length ? `…${name.slice(1 - length)}` : name

/** Where the beginning says more. */
export const beginningOf = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text
