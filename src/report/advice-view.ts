import type { Fidelity } from '../tune/fidelity.js'
import { meanNoise } from '../tune/fidelity.js'
import type { Advice, AdvisedRecipe } from './advice.js'
import { decisionWord } from './decision-rows.js'
import { bytes, change, count, magnitude, milliseconds, significant } from './format.js'
import { signed } from './marginal-rows.js'
import type { DecisionFigures } from './report.js'
import { type Colors, plainTable } from './terminal.js'

/** Alternatives as a table, best first, with the reason of each below it. `limit`: how many are shown. */
export function terminalAdvice(advice: Advice, limit: number, colors: Colors): string {
  const { model, target, base, blocks, groups, alternatives, declined, data, recipe } = advice
  const free = groups.filter(({ pinned }) => pinned === null)
  const shown = alternatives.slice(0, limit)
  const rest = alternatives.length - shown.length
  return [
    `${colors.bold(model.file)} on ${colors.bold(target.name)}: ${milliseconds(base.latencyMs)}, ` +
      `${magnitude(base.macs)} MACs, ${magnitude(base.parameters)} parameters, peak ${bytes(base.peakActivationBytes)}`,
    `${count(blocks.length)} blocks, ${count(groups.length)} channel groups, ${count(free.length)} of them free` +
      (data === null ? '' : `; fidelity on ${count(data.samples)} samples of ${data.source}`),
    ...(recipe === undefined
      ? []
      : [recipeSection(recipe, base, colors), colors.dim('changes besides it, each alone')]),
    shown.length === 0 ? colors.dim('nothing to change here') : alternativesTable(shown, data !== null, colors),
    rest > 0 ? colors.dim(`and ${count(rest)} more (--top shows them)`) : '',
    declined.length > 0 ? colors.dim(`${count(declined.length)} are not possible (--json says why)`) : '',
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** What a recipe comes to, and what it would come to without each of its decisions. */
function recipeSection(
  { file, original, loss, losses, decisions }: AdvisedRecipe,
  base: DecisionFigures,
  colors: Colors,
): string {
  const titles = ['without', 'latency', 'parameters', 'peak', 'loss', 'what it did']
  const table = plainTable(
    titles.map((title) => colors.dim(title)),
    ['left', 'right', 'right', 'right', 'right', 'left'],
  )
  for (const { decision, place, from, to, without, declined } of decisions) {
    const name = `${decisionWord(decision)}: ${place}`
    if (without === null) table.push([name, '-', '-', '-', '-', `not possible (${declined!.reason})`])
    else
      table.push([
        name,
        change(base.latencyMs, without.latencyMs),
        change(base.parameters, without.parameters),
        change(base.peakActivationBytes, without.peakActivationBytes),
        without.loss === null || loss === null ? '-' : signed(without.loss - loss),
        `${from} -> ${to}`,
      ])
  }
  return [
    `with ${colors.bold(file)}: ${milliseconds(original.latencyMs)} -> ${milliseconds(base.latencyMs)}, ` +
      `loss ${loss === null ? 'not measured' : significant(loss)} (${losses.note})`,
    table.toString(),
  ].join('\n')
}

function alternativesTable(shown: Advice['alternatives'], isMeasured: boolean, colors: Colors): string {
  const measured = isMeasured ? ['NSR', 'cosine', 'KL'] : []
  const hasMetric = shown.some(({ fidelity }) => fidelity?.metric)
  const titles = ['', 'latency', 'MACs', 'parameters', 'peak', ...measured, ...(hasMetric ? ['metric'] : []), 'reason']
  const table = plainTable(
    titles.map((title) => colors.dim(title)),
    titles.map((title) => (title === 'reason' ? 'left' : 'right')),
  )
  for (const { rank, before, after, fidelity, reason } of shown) {
    const gain = change(before.latencyMs, after.latencyMs)
    table.push([
      String(rank),
      after.latencyMs < before.latencyMs ? colors.green(gain) : colors.yellow(gain),
      change(before.macs, after.macs),
      change(before.parameters, after.parameters),
      change(before.peakActivationBytes, after.peakActivationBytes),
      ...(isMeasured
        ? [
            noiseText(fidelity),
            fidelity === null ? '-' : fidelity.cosine.toFixed(4),
            fidelity?.kl == null ? '-' : significant(fidelity.kl),
          ]
        : []),
      ...(hasMetric ? [fidelity?.metric == null ? '-' : significant(fidelity.metric.after)] : []),
      reason,
    ])
  }
  return table.toString()
}

function noiseText(fidelity: Fidelity | null): string {
  const nsr = meanNoise(fidelity)
  return nsr === null ? '-' : significant(nsr)
}
