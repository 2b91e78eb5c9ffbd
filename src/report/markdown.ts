import type { Metrics } from '../estimator/metrics.js'
import { accuracyCells, accuracyColumns } from './accuracy-rows.js'
import { decisionCells, decisionColumns } from './decision-rows.js'
import { bytes, change, count, milliseconds, seconds, significant } from './format.js'
import { marginalColumns, marginalRows } from './marginal-rows.js'
import type { Report } from './report.js'
import { energyLine, memoryTimeline, peakLine, sramLine, useLine } from './resources.js'
import { type FigureRow, figureRows } from './rows.js'
import { lossText, searchLines } from './search-rows.js'

/** The report as GitHub-flavoured Markdown. */
export function markdownReport(report: Report): string {
  const { verification } = report
  const lines = [
    `# ${escapeMarkdown(report.model.file)} for ${escapeMarkdown(report.target.name)}`,
    '',
    markdownComparison(figureRows(report), ['', 'before', 'after', 'change']),
    '',
    '## Memory and energy',
    '',
    ...resources('before', report.before),
    ...resources('after', report.after),
    '## Passes',
    '',
    '| pass | kind | times | declined |',
    '|---|---|---:|---|',
    ...report.passes
      .filter(({ fired, skipped }) => fired > 0 || skipped.length > 0)
      .map(({ name, kind, fired, skipped }) => {
        const declined = skipped.map(({ reason, count: times }) => `${reason} x ${times}`).join(', ')
        return `| ${name} | ${kind} | ${count(fired)} | ${escapeMarkdown(declined)} |`
      }),
    '',
    ...searchSection(report),
    ...decisionSection(report),
    '## Verification',
    '',
    `**${verification.verdict}**${verification.reason === undefined ? '' : `: ${escapeMarkdown(verification.reason)}`}`,
  ]
  if (verification.outputs.length > 0) {
    lines.push('', '| output | max abs | max rel | cosine | SQNR |', '|---|---:|---:|---:|---:|')
    for (const { name, maxAbs, maxRel, cosine, sqnrDb } of verification.outputs) {
      const sqnr = sqnrDb === null ? 'exact' : `${sqnrDb.toFixed(1)} dB`
      lines.push(
        `| ${escapeMarkdown(name)} | ${significant(maxAbs)} | ${significant(maxRel)} | ${cosine.toFixed(6)} | ${sqnr} |`,
      )
    }
  }
  lines.push(...accuracySection(report))
  if (report.warnings.length > 0)
    lines.push('', '## Warnings', '', ...report.warnings.map((text) => `- ${escapeMarkdown(text)}`))
  lines.push('', `${report.tool.name} ${report.tool.version}, ${seconds(report.timing.total ?? 0)}`, '')
  return lines.join('\n')
}

/** What the search did, its front, and what lies around the best. */
function searchSection({ search }: Report): string[] {
  if (search.algorithm === 'none') return []
  const { front, landscape } = search
  return [
    '## Search',
    '',
    ...searchLines(search).map((line) => `- ${escapeMarkdown(line)}`),
    '',
    '| latency | expected loss | energy | weights | peak activations |',
    '|---:|---:|---:|---:|---:|',
    ...front.map(
      ({ latencyMs, loss, energyMj, weightBytes, peakActivationBytes }) =>
        `| ${milliseconds(latencyMs)} | ${significant(loss)} | ${significant(energyMj)} mJ | ${bytes(weightBytes)} | ${bytes(peakActivationBytes)} |`,
    ),
    '',
    `| ${marginalColumns.map(({ title }) => title).join(' | ')} |`,
    `|${marginalColumns.map(({ isFigure }) => (isFigure ? '---:' : '---')).join('|')}|`,
    ...marginalRows(search).map((cells) => `| ${cells.map(escapeMarkdown).join(' | ')} |`),
    '',
    '| choice | chosen | instead: latency, expected loss, why not |',
    '|---|---|---|',
    ...landscape.map(({ place, chosen, others }) => {
      const instead = others.map(
        ({ option, latencyMs, loss, why }) => `${option}: ${milliseconds(latencyMs)}, ${lossText(loss)}, ${why}`,
      )
      return `| ${escapeMarkdown(place)} | ${escapeMarkdown(chosen)} | ${instead.map(escapeMarkdown).join('; ')} |`
    }),
    '',
  ]
}

/** A table of decisions, and under it why each is of its kind. */
function decisionSection({ decisions }: Report): string[] {
  if (decisions.length === 0) return []
  return [
    '## Decisions',
    '',
    `| ${decisionColumns.map(({ title }) => title).join(' | ')} |`,
    `|${decisionColumns.map(({ isFigure }) => (isFigure ? '---:' : '---')).join('|')}|`,
    ...decisions.map((entry) => `| ${decisionCells(entry).map(escapeMarkdown).join(' | ')} |`),
    '',
    ...decisions.map(({ place, kind, why }) => `- ${escapeMarkdown(place)} is ${kind}: ${escapeMarkdown(why)}`),
    '',
  ]
}

/** Both scores, the drop and its interval, and what the gate says. */
function accuracySection({ accuracy }: Report): string[] {
  if (accuracy === null) return []
  const { data, samples, gate } = accuracy
  return [
    '',
    '## Accuracy',
    '',
    `On ${escapeMarkdown(data)}, ${count(samples)} samples.`,
    '',
    `| ${accuracyColumns.map(({ title }) => title).join(' | ')} |`,
    `|${accuracyColumns.map(({ isFigure }) => (isFigure ? '---:' : '---')).join('|')}|`,
    ...accuracyCells(accuracy).map((cells) => `| ${cells.join(' | ')} |`),
    ...(gate.verdict === 'none' ? [] : ['', `**${gate.verdict}**: ${escapeMarkdown(gate.reason)}`]),
  ]
}

/** Memory over time as text in a fixed width, and the lines that go with it. */
function resources(when: string, { memory, energy }: Metrics): string[] {
  const timeline = memoryTimeline(memory)
  return [
    `**${when}**`,
    '',
    ...[peakLine(memory), sramLine(memory), energyLine(energy), useLine(energy)].map(
      (line) => `- ${escapeMarkdown(line)}`,
    ),
    '',
    ...(timeline === undefined ? [] : ['```', timeline, '```', '']),
  ]
}

export function markdownComparison(rows: readonly FigureRow[], head: readonly string[]): string {
  return [
    `| ${head.join(' | ')} |`,
    '|---|---:|---:|---:|',
    ...rows.map(
      ({ figure, before, after }) =>
        `| ${figure.title} | ${figure.format(before)} | ${figure.format(after)} | ${change(before, after)} |`,
    ),
  ].join('\n')
}

/** Names come from files: nothing in them may become markup. */
export const escapeMarkdown = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>#|~]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ')
