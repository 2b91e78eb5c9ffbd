import { accuracyCells } from '../accuracy-rows.js'
import { change } from '../format.js'
import type { ModelProfile } from '../model-profile.js'
import type { AccuracyEntry, Report } from '../report.js'
import { type Figure, figureRows, figures } from '../rows.js'
import { html, type Markup } from './markup.js'

/** Name, target, latency before and after, what was proved, and the other figures as tiles; those of files are with the files. */
export function headline(report: Report): Markup {
  const [latency, ...others] = figureRows(report).filter(({ figure }) => figure.ofMetrics !== undefined)
  const { figure, before, after } = latency!
  return html`<header class="headline">
<p class="kicker">${report.tool.name} ${report.tool.version} · ${report.target.name}</p>
<h1>${fileName(report.model.file)}</h1>
<div class="hero">
<p class="hero-figures"><span class="visually-hidden">${figure.title} before: </span><span class="hero-before">${figure.format(before)}</span>
<span class="arrow" aria-hidden="true">→</span>
<span class="visually-hidden">after: </span><span class="hero-after">${figure.format(after)}</span>
${delta(before, after)}</p>
<ul class="badges">${badges(report).map(({ tone, text }) => html`<li class="badge ${tone}">${text}</li>`)}</ul>
</div>
<dl class="tiles">${report.accuracy !== null && accuracyTile(report.accuracy)}${others.map(
    (row) => html`<div class="tile"><dt>${row.figure.title}</dt>
<dd class="tile-after">${row.figure.format(row.after)}</dd>
<dd class="tile-before">from ${row.figure.format(row.before)}</dd>
<dd class="tile-delta">${means.has(row.figure.key) ? change(row.before, row.after) : delta(row.before, row.after)}</dd></div>`,
  )}</dl>
</header>`
}

/** Name, target, latency with its interval, and the other figures as tiles. */
export function profileHeadline({ tool, target, model, metrics }: ModelProfile): Markup {
  const [latency, ...others] = figures.filter(({ ofMetrics }) => ofMetrics !== undefined)
  const show = ({ format, ofMetrics }: Figure) => format(ofMetrics!(metrics))
  const [low, high] = metrics.latencyMsInterval
  return html`<header class="headline">
<p class="kicker">${tool.name} ${tool.version} · ${target.name}</p>
<h1>${fileName(model.file)}</h1>
<div class="hero"><p class="hero-figures"><span class="hero-after">${show(latency!)}</span>
${low < high && html`<span class="hero-before">${latency!.format(low)} to ${latency!.format(high)}</span>`}</p>
<p class="note">one inference in ${metrics.precision}</p></div>
<dl class="tiles">${others.map(
    (figure) => html`<div class="tile"><dt>${figure.title}</dt><dd class="tile-after">${show(figure)}</dd></div>`,
  )}</dl>
</header>`
}

function accuracyTile(accuracy: AccuracyEntry): Markup {
  const [[title, before, after, drop]] = accuracyCells(accuracy) as [string[]]
  const tone = accuracy.drop > 0 ? 'worse' : accuracy.drop < 0 ? 'better' : 'same'
  return html`<div class="tile"><dt>${title}</dt><dd class="tile-after">${after}</dd><dd class="tile-before">from ${before}</dd>
<dd class="tile-delta"><span class="delta ${tone}">drop ${drop}</span></dd></div>`
}

/** Figures that are means and not ends: a chip may run more MACs in less time. */
const means: ReadonlySet<string> = new Set(['macs', 'kernels'])

/** Less is better of everything that is counted here. */
export const delta = (before: number, after: number): Markup =>
  html`<span class="delta ${after < before ? 'better' : after > before ? 'worse' : 'same'}">${change(before, after)}</span>`

export const fileName = (path: string): string => path.split(/[\\/]/).at(-1)!

interface Badge {
  readonly tone: 'good' | 'bad' | 'neutral'
  readonly text: string
}

function badges({ verification, accuracy, result, warnings }: Report): Badge[] {
  const found: Badge[] = []
  switch (verification.verdict) {
    case 'agrees':
      found.push({ tone: 'good', text: '✓ outputs agree with the original' })
      break
    case 'differs':
      found.push({ tone: 'bad', text: '✗ outputs differ from the original' })
      break
    case 'unverified':
    case 'skipped':
      if (accuracy === null) found.push({ tone: 'neutral', text: 'outputs not compared' })
  }
  if (accuracy !== null && accuracy.gate.verdict !== 'none') {
    const isPassed = accuracy.gate.verdict === 'passed'
    found.push({
      tone: isPassed ? 'good' : 'bad',
      text: `${isPassed ? '✓' : '✗'} accuracy gate ${accuracy.gate.verdict}`,
    })
  }
  if (result === null) found.push({ tone: 'bad', text: 'nothing was written' })
  if (warnings.length > 0)
    found.push({ tone: 'neutral', text: warnings.length === 1 ? '1 warning' : `${warnings.length} warnings` })
  return found
}
