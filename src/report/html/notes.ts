import { seconds } from '../format.js'
import type { Report } from '../report.js'
import { html } from './markup.js'
import { empty, type Section, table } from './parts.js'

/** Warnings, what had to be assumed, and how long it took. */
export function notes({ warnings, before, timing, tool }: Report): Section {
  const list = (texts: readonly string[]) => html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`
  return {
    id: 'notes',
    title: 'Notes',
    lead: html`Written by ${tool.name} ${tool.version}.`,
    body: html`<h3>Warnings</h3>${warnings.length === 0 ? empty('None.') : list(warnings)}
<h3>Assumptions</h3>${before.assumptions.length === 0 ? empty('None: all sizes are known.') : list(before.assumptions)}
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
