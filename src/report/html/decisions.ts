import { barX, ruleX, text } from '@observablehq/plot'
import { decisionCells, decisionColumns, decisionWord } from '../decision-rows.js'
import { change, count, milliseconds, significant } from '../format.js'
import type { DecisionEntry, Report } from '../report.js'
import { chart, type Drawing, plotSvg, rowNames } from './chart.js'
import { html, type Markup } from './markup.js'
import { beginningOf, empty, type Section, table } from './parts.js'

/** What was changed of the architecture, and why each is of its kind; passes that fired or declined. */
export function decisions({ decisions, passes }: Report): Section {
  return {
    id: 'decisions',
    title: 'Decisions',
    lead: 'What was changed of the architecture, step by step, and what each step was worth. Then the passes, which leave the function as it is.',
    body: html`<h3>Architecture</h3>${
      decisions.length === 0
        ? empty('No architecture decisions: without --recipe or a search the passes alone are applied.')
        : html`<figure>${chart('Latency after each decision', (drawing) => steps(decisions, drawing))}</figure>${list(decisions)}
<details><summary>Decisions as a table</summary>${table('Decisions', decisionColumns, decisions.map(decisionCells))}</details>`
    }<h3>Passes</h3>${passTable(passes)}`,
  }
}

interface Step {
  readonly name: string
  readonly latencyMs: number
  readonly change: string
}

function steps(decisions: readonly DecisionEntry[], { width, layout }: Drawing): Markup {
  const isWide = layout === 'wide'
  const [first] = decisions
  const all: Step[] = [
    { name: 'after the passes', latencyMs: first!.before.latencyMs, change: '' },
    ...decisions.map(({ decision, place, before, after }) => ({
      name: `${decision.kind === 'block' ? `${decision.alternative}: ` : ''}${place}`,
      latencyMs: after.latencyMs,
      change: change(before.latencyMs, after.latencyMs),
    })),
  ]
  const at = (step: Step) => String(all.indexOf(step))
  const rowHeight = isWide ? 26 : 42
  return plotSvg({
    width,
    height: all.length * rowHeight + 48,
    marginTop: 34,
    marginBottom: 8,
    marginLeft: isWide ? 236 : 2,
    marginRight: isWide ? 130 : 120,
    x: { axis: 'top', label: 'milliseconds', grid: true, nice: true, ticks: isWide ? 8 : 3 },
    y: { axis: null, domain: all.map(at), padding: 0 },
    marks: [
      rowNames(all, { y: at, name: ({ name }: Step) => beginningOf(name, isWide ? 34 : 44), layout, lift: 11 }),
      barX(all, {
        x: 'latencyMs',
        y: at,
        fill: (step: Step) => (step === all[0] ? 'var(--before)' : 'var(--after)'),
        insetTop: isWide ? 5 : 20,
        insetBottom: 5,
        rx: 2,
        title: ({ name, latencyMs }: Step) => `${name}: ${milliseconds(latencyMs)}`,
      }),
      text(all, {
        x: 'latencyMs',
        y: at,
        text: (step: Step) => [milliseconds(step.latencyMs), step.change].filter(Boolean).join(' · '),
        textAnchor: 'start',
        dx: 6,
        dy: isWide ? 0 : 8,
        fill: 'var(--ink)',
        fontVariant: 'tabular-nums',
      }),
      ruleX([0], { stroke: 'var(--muted)' }),
    ],
  })
}

function list(decisions: readonly DecisionEntry[]): Markup {
  return html`<ol class="decisions">${decisions.map(
    ({ decision, place, from, to, kind, why, fidelity, fit, ...rest }) => {
      const { before, after } = rest
      const figures = [
        `latency ${change(before.latencyMs, after.latencyMs)}`,
        `MACs ${change(before.macs, after.macs)}`,
        `parameters ${change(before.parameters, after.parameters)}`,
        ...(fidelity === null ? [] : [`noise ${significant(fidelity.nsr)} of the signal`]),
        ...(fit === null ? [] : [`refitted, condition ${significant(fit.conditioning)}`]),
      ]
      return html`<li><strong>${decisionWord(decision)}</strong> ${place}
<span class="badge ${kind === 'lossy' ? 'neutral' : 'good'}">${kind}</span>
<div class="change"><span>${from}</span> <span aria-label="becomes">→</span> <span>${to}</span></div>
<div class="note">${figures.join(' · ')}. It is ${kind}: ${why}.</div></li>`
    },
  )}</ol>`
}

function passTable(passes: Report['passes']): Markup {
  const shown = passes.filter(({ fired, skipped }) => fired > 0 || skipped.length > 0)
  if (shown.length === 0) return empty('No pass found anything to do.')
  const columns = ['pass', 'kind', 'times', 'declined'].map((title, i) => ({ title, isFigure: i === 2 }))
  return table(
    'Passes',
    columns,
    shown.map(({ name, kind, fired, skipped }) => [
      name,
      kind,
      count(fired),
      skipped.map(
        ({ reason, count: times, remedy }) =>
          html`<div>${reason} × ${count(times)}${remedy !== undefined && html`: <span class="note">${remedy}</span>`}</div>`,
      ),
    ]),
  )
}
