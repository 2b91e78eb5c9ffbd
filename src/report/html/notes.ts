import { seconds } from '../format.js'
import type { Report } from '../report.js'
import { html, type Markup } from './markup.js'
import { empty, type Section, table } from './parts.js'
import { lastSide, type Subject } from './subject.js'

/** Warnings, what had to be assumed, and how long it took. */
export function notes({ warnings, before, timing, tool }: Report): Section {
  return {
    id: 'notes',
    title: 'Notes',
    lead: html`Written by ${tool.name} ${tool.version}.`,
    body: html`<h3>Warnings</h3>${warnings.length === 0 ? empty('None.') : list(warnings)}
<h3>Assumptions</h3>${assumptionList(before.assumptions)}
<details><summary>Time by stage</summary>${table(
      'Seconds by stage',
      [
        { title: 'stage', isFigure: false },
        { title: 'time', isFigure: true },
      ],
      Object.entries(timing).map(([stage, time]) => [stage, seconds(time)]),
    )}</details>`,
  }
}

/** Sizes that had to be assumed. */
export const assumptions = (subject: Subject): Section => ({
  id: 'notes',
  title: 'Assumptions',
  lead: 'Sizes that the model leaves open, and what they were taken for.',
  body: assumptionList(lastSide(subject).metrics.assumptions),
})

const assumptionList = (texts: readonly string[]): Markup =>
  texts.length === 0 ? empty('None: all sizes are known.') : list(texts)

const list = (texts: readonly string[]): Markup => html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`
