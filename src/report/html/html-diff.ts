import type { AssertionResult } from '../diff/assertions.js'
import type { Diff } from '../diff/diff-sides.js'
import type { ZooDiff } from '../diff/diff-zoos.js'
import { type Section as DiffSection, diffSections, zooSections } from '../diff/sections.js'
import { accuracyText, relationText, zooText } from '../diff/texts.js'
import type { FigureRow } from '../rows.js'
import { delta, fileName } from './headline.js'
import { type Content, html, type Markup } from './markup.js'
import { page } from './page.js'
import { type Column, empty, type Section, table } from './parts.js'

/** A comparison as one HTML file that needs no network. */
export function htmlDiff(diff: Diff): string {
  const texts = [relationText(diff, (text) => text), accuracyText(diff.accuracy)].filter((text) => text !== '')
  return comparison(diff, texts, [figureSection(diff.rows), ...diffSections(diff).map(sectionOf)])
}

/** Two zoos compared, as a page. */
export const htmlZooDiff = (diff: ZooDiff): string =>
  comparison(diff, [zooText(diff)], zooSections(diff).map(sectionOf))

interface Compared {
  readonly before: string
  readonly after: string
  readonly assertions: readonly AssertionResult[]
}

function comparison({ before, after, assertions }: Compared, texts: readonly string[], sections: readonly Section[]) {
  const broken = assertions.filter(({ holds, level }) => !holds && level === 'error').length
  const [isAsked, isGood] = [assertions.length > 0, broken === 0]
  const top = html`<header class="headline">
<p class="kicker">comparison</p>
<h1>${fileName(before)} <span class="arrow" aria-hidden="true">→</span> ${fileName(after)}</h1>
<div class="hero"><ul class="badges">
${isAsked && html`<li class="badge ${isGood ? 'good' : 'bad'}">${isGood ? '✓ all budgets hold' : `✗ ${broken} budgets broken`}</li>`}
${texts.map((text) => html`<li class="badge neutral">${text}</li>`)}</ul></div>
</header>`
  return page(`${fileName(before)} → ${fileName(after)}`, top, [budgets(assertions), ...sections])
}

const columns = (...titles: readonly string[]): Column[] => titles.map((title) => ({ title, isFigure: false }))

function budgets(assertions: readonly AssertionResult[]): Section {
  const ofModels = assertions.some(({ model }) => model !== undefined)
  const rows = assertions.map(({ text, model = '', actual, holds, level }): Content[] => [
    html`<code>${text}</code>`,
    holds ? 'holds' : level === 'warn' ? 'warning' : 'broken',
    actual,
    ...(ofModels ? [model] : []),
  ])
  return {
    id: 'budgets',
    title: 'Budgets',
    lead: 'What was asserted of this comparison.',
    body:
      rows.length === 0
        ? empty('Nothing was asserted: optimize diff --assert does.')
        : table('All budgets', columns('assertion', 'verdict', 'it is', ...(ofModels ? ['model'] : [])), rows),
  }
}

const figureColumns: readonly Column[] = [
  { title: 'figure', isFigure: false },
  ...['before', 'after', 'change'].map((title) => ({ title, isFigure: true })),
]

function figureSection(rows: readonly FigureRow[]): Section {
  const cells = rows.map(({ figure, before, after }): Content[] => [
    figure.title,
    figure.format(before),
    figure.format(after),
    delta(before, after),
  ])
  return {
    id: 'figures',
    title: 'Figures',
    lead: 'Of one inference on the target.',
    body: table('All figures', figureColumns, cells),
  }
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Rows of one table: a page of more opens slowly, and nobody reads them. */
const mostRows = 2000

function sectionOf({ title, note, columns: own, rows }: DiffSection, index: number): Section {
  const left = rows.length - mostRows
  const body: Markup = html`${table(`Table of ${title}`, own, rows.slice(0, mostRows))}${
    left > 0 && html`<p>and ${left} more: <code>--format json</code> has all</p>`
  }`
  return { id: `part-${index}`, title: sentence(title), lead: sentence(note), body }
}
