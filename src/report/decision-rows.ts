import type { Decision } from '../passes/architecture/decision.js'
import { change, significant } from './format.js'
import type { DecisionEntry } from './report.js'

/** Titles of the columns that every view of decisions has, and whether they hold figures. */
export const decisionColumns = [
  { title: 'decision', isFigure: false },
  { title: 'change', isFigure: false },
  { title: 'kind', isFigure: false },
  { title: 'latency', isFigure: true },
  { title: 'MACs', isFigure: true },
  { title: 'NSR', isFigure: true },
] as const

/** What is done, in a word: the form of a block or convolution, else the kind of decision. */
export const decisionWord = (decision: Decision): string =>
  decision.kind === 'block' || decision.kind === 'convolution' ? decision.alternative : decision.kind

/** A decision as one cell a column. */
export function decisionCells({ decision, place, from, to, kind, before, after, fidelity }: DecisionEntry): string[] {
  return [
    `${decisionWord(decision)}: ${place}`,
    `${from} -> ${to}`,
    kind,
    change(before.latencyMs, after.latencyMs),
    change(before.macs, after.macs),
    fidelity === null ? '-' : significant(fidelity.nsr),
  ]
}
