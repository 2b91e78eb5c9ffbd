import type { ChangedPlace, Neighbourhood } from '../changed-places.js'
import { count } from '../format.js'
import type { Report } from '../report.js'
import { arrowhead, layeredGraph } from './graph-layout.js'
import { html, type Markup } from './markup.js'
import { empty, legend, type Section } from './parts.js'

/** Places of the graph that changed, before and after side by side. */
export function changes({ changes }: Report): Section {
  const { places, omitted } = changes
  return {
    id: 'changes',
    title: 'Changed places of the graph',
    lead: 'Nodes that went, came or were merged, with what is next to them. Places that changed in the same way are shown once.',
    body:
      places.length === 0
        ? empty('The graph is as it was: no pass and no decision changed it.')
        : html`${arrowhead}${legend([
            { name: 'gone, new or merged', color: 'after' },
            { name: 'other sizes', color: 'warm' },
            { name: 'as it was', color: 'line' },
          ])}${places.map(place)}${omitted > 0 && html`<p class="note">${count(omitted)} more kinds of places are not shown.</p>`}`,
  }
}

function place({ count: times, before, after }: ChangedPlace, i: number): Markup {
  return html`<details class="place"${i < 3 && html` open`}><summary>${summary(before)} → ${summary(after)} ${
    times > 1 && html`<span class="badge neutral">${count(times)} places</span>`
  }</summary><div class="columns even">${side('before', before)}${side('after', after)}</div></details>`
}

/** Operators that changed, each once. */
function summary({ nodes }: Neighbourhood): Markup {
  const kept = nodes.some(({ change }) => change === 'changed') ? 'changed' : 'resized'
  const ops = nodes.filter(({ change }) => change === kept).map(({ op }) => op)
  const times = new Map<string, number>()
  for (const op of ops) times.set(op, (times.get(op) ?? 0) + 1)
  const named = [...times].slice(0, 6).map(([op, n]) => (n === 1 ? op : `${n} ${op}`))
  return html`<code>${named.join(', ') || 'nothing'}${times.size > 6 && '…'}</code>`
}

function side(when: string, hood: Neighbourhood): Markup {
  const label = `Graph ${when}: ${hood.nodes.map(({ op, change }) => (change === 'kept' ? op : `${op} (${change})`)).join(', ')}`
  return html`<figure><figcaption>${when}</figcaption>${
    hood.nodes.length === 0
      ? empty('Nothing of it is left.')
      : html`<div class="chart graph-frame" role="group" aria-roledescription="graph" tabindex="0" aria-label="${label}">${layeredGraph(hood)}</div>`
  }${hood.omitted > 0 && html`<p class="note">${count(hood.omitted)} more nodes are not shown.</p>`}</figure>`
}
