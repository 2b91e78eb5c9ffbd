import { change, count, significant } from '../format.js'
import type { AccuracyDiff, Diff } from './diff-sides.js'
import type { ZooDiff } from './diff-zoos.js'
import { outputText } from './sections.js'
import type { SideAccuracy } from './side.js'

/** Whether one network is compared with itself, in one line; '' where that is plain. */
export function relationText({ relation, graph, outputs }: Diff, warn: (text: string) => string): string {
  const nodes = graph === null ? '' : `${percent(graph.similarity)} of the nodes have a counterpart`
  const ran = outputs === null ? '' : `; outputs: ${outputText(outputs)}`
  switch (relation) {
    case 'unrelated':
      return warn(
        `these look like different networks${nodes === '' ? '' : `: only ${nodes}`}; their figures are compared, their layers are not`,
      )
    case 'retrained':
      return warn(`the layers are the same, their weights have nothing in common: another training (${nodes})${ran}`)
    case 'identical':
      return `the graphs are the same${ran}`
    case 'related':
      return `${nodes}${ran}`.replace(/^; /, '')
  }
}

/** `top-1 accuracy 0.943 -> 0.940, drop 0.003`; '' where nothing is known. */
export function accuracyText({ before, after, drop }: AccuracyDiff): string {
  const side = before ?? after
  if (side === null) return ''
  const scores = `${scoreText(before)} -> ${scoreText(after)}`
  const isComparable = before === null || after === null || before.metric === after.metric
  const title = isComparable ? side.title : `${before!.title} -> ${after!.title}`
  return `${title} ${scores}${drop === null ? '' : `, drop ${significant(drop)}`}`
}

const scoreText = (accuracy: SideAccuracy | null): string =>
  accuracy === null ? 'unknown' : accuracy.score === null ? 'exact' : significant(accuracy.score)

/** `37 models in both, 2 fail now; mean latency x 0.81 before, x 0.79 now`. */
export function zooText({ models, newlyFailed, totals: { before, after } }: ZooDiff): string {
  const parts = [`${count(models.length)} models in both`]
  if (newlyFailed.length > 0) parts.push(`${count(newlyFailed.length)} fail now`)
  const { latencyRatio: old } = before
  const { latencyRatio: young } = after
  if (old !== null && young !== null)
    parts.push(`mean gain in latency x ${old.toFixed(3)} -> x ${young.toFixed(3)} (${change(old, young)})`)
  return parts.join(', ')
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`
