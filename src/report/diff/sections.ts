import { decisionCells } from '../decision-rows.js'
import { change, milliseconds, significant } from '../format.js'
import type { VerificationEntry } from '../report.js'
import type { Diff } from './diff-sides.js'
import type { ZooDiff } from './diff-zoos.js'
import type { ChangedNode, ChangedWeight } from './graph-diff.js'
import type { AlignedKernels } from './kernel-alignment.js'

/** One table of a comparison: terminal and Markdown show as much of it as they have room for. */
export interface Section {
  readonly title: string
  /** How many there are, or what came out, in a few words. */
  readonly note: string
  readonly columns: readonly { readonly title: string; readonly isFigure: boolean }[]
  /** What matters most first. */
  readonly rows: readonly string[][]
}

const columns = (...titles: readonly string[]) =>
  titles.map((title) => ({ title, isFigure: /^(ms |change$|max |cosine)/.test(title) }))

/** Tables below the figures; those without rows are left out. */
export function diffSections(diff: Diff): Section[] {
  const sections = [kernelSection(diff), ...graphSections(diff), outputSection(diff.outputs), decisionSection(diff)]
  return sections.filter(({ rows }) => rows.length > 0)
}

function kernelSection({ kernels, relation }: Diff): Section {
  // Which of another network's kernels became which is no question.
  const changed = relation === 'unrelated' ? [] : kernels.filter(isChanged)
  const gainOf = ({ latencyMs: [old, young] }: AlignedKernels) => Math.abs(young - old)
  const rows = [...changed]
    .sort((a, b) => gainOf(b) - gainOf(a))
    .map(({ before, after, latencyMs: [old, young] }) => {
      const times = [before.length === 0 ? '-' : milliseconds(old), after.length === 0 ? '-' : milliseconds(young)]
      const difference = after.length === 0 ? 'gone' : before.length === 0 ? 'new' : change(old, young)
      return [namesOf(before), namesOf(after), ...times, difference]
    })
  const note = `${changed.length} changed, ${kernels.length - changed.length} are the same`
  return { title: 'kernels', note, columns: columns('before', 'after', 'ms before', 'ms after', 'change'), rows }
}

/** Of other names or another time. */
const isChanged = ({ before, after, latencyMs: [old, young] }: AlignedKernels): boolean =>
  before.length !== after.length || old !== young

function namesOf(kernels: AlignedKernels['before']): string {
  const names = kernels.map(({ name, kind }) => `${name} (${kind})`)
  const shown = names.slice(0, 3).join(' + ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown || '-'
}

function graphSections({ graph, relation }: Diff): Section[] {
  if (graph === null || relation === 'unrelated') return []
  const list = (title: string, labels: readonly string[]): Section => ({
    title: `nodes ${title}`,
    note: String(labels.length),
    columns: columns('node'),
    rows: labels.map((label) => [label]),
  })
  return [
    {
      title: 'nodes changed',
      note: `${graph.changed.length}, and ${graph.same} are the same`,
      columns: columns('node', 'changes'),
      rows: graph.changed.map((node) => [node.after, changeText(node)]),
    },
    list('removed', graph.removed),
    list('added', graph.added),
  ]
}

function changeText({ before, after, attributes, weights, rewired }: ChangedNode): string {
  return [
    ...(before === after ? [] : [`was ${before}`]),
    ...attributes.map(({ name, before: old, after: young }) => `${name} ${old ?? 'absent'} -> ${young ?? 'absent'}`),
    ...weights.map(weightText),
    ...(rewired ? ['takes operands from elsewhere'] : []),
  ].join('; ')
}

function weightText({ operand, before, after, normBefore, normAfter, distance }: ChangedWeight): string {
  const types = before === after ? before : `${before ?? 'none'} -> ${after ?? 'none'}`
  const norms =
    normBefore === null || normAfter === null ? '' : `, norm ${significant(normBefore)} -> ${significant(normAfter)}`
  const apart = distance === null ? '' : `, ${significant(100 * distance)} % apart`
  return `operand ${operand} ${types}${norms}${apart}`
}

function outputSection(outputs: VerificationEntry | null): Section {
  const rows = (outputs?.outputs ?? []).map(({ name, maxAbs, maxRel, cosine }) => [
    name,
    significant(maxAbs),
    significant(maxRel),
    cosine.toFixed(6),
  ])
  return {
    title: 'outputs on the same inputs',
    note: outputText(outputs),
    columns: columns('output', 'max abs', 'max rel', 'cosine'),
    rows,
  }
}

/** `agrees`, `differs: ...`. */
export const outputText = (outputs: VerificationEntry | null): string =>
  outputs === null ? 'not run' : `${outputs.verdict}${outputs.reason === undefined ? '' : `: ${outputs.reason}`}`

function decisionSection({ decisions }: Diff): Section {
  const rows = (['before', 'after'] as const).flatMap((side) =>
    decisions[side].map((entry) => {
      const [place, what] = decisionCells(entry)
      return [`only ${side}`, place!, what!]
    }),
  )
  return {
    title: 'decisions that one side alone has',
    note: String(rows.length),
    columns: columns('side', 'decision', 'what'),
    rows,
  }
}

/** Tables of a comparison of zoos. */
export function zooSections({ models, newlyFailed, mended, removed, added }: ZooDiff): Section[] {
  const changed = models.filter(({ before, after }) => latencyOf(before) !== latencyOf(after))
  const list = (title: string, rows: readonly string[][], ...titles: string[]): Section => ({
    title,
    note: String(rows.length),
    columns: columns(...titles),
    rows,
  })
  return [
    {
      title: 'latency',
      note: `${changed.length} models changed, ${models.length - changed.length} are the same`,
      columns: columns('model', 'ms before', 'ms after', 'change'),
      rows: changed.map(({ name, before, after }) => [
        name,
        milliseconds(latencyOf(before)),
        milliseconds(latencyOf(after)),
        change(latencyOf(before), latencyOf(after)),
      ]),
    },
    list(
      'models that fail now',
      newlyFailed.map(({ name, kind, error }) => [name, kind, error]),
      'model',
      'why',
      'what',
    ),
    list(
      'models that failed before',
      mended.map((name) => [name]),
      'model',
    ),
    list(
      'models that are gone',
      removed.map((name) => [name]),
      'model',
    ),
    list(
      'models that are new',
      added.map((name) => [name]),
      'model',
    ),
  ].filter(({ rows }) => rows.length > 0)
}

const latencyOf = ({ figures }: ZooDiff['models'][number]['before']): number => figures['latency']?.after ?? 0
