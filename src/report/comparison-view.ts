import type { ComparedModel, Comparison, ModelFigures, RankedTarget } from './comparison.js'
import { bytes, count, magnitude, milliseconds, significant } from './format.js'
import { type Colors, plainTable } from './terminal.js'

/** A table for each model, and the ranking over all of them. */
export function terminalComparison(comparison: Comparison, colors: Colors): string {
  const { models, failed, ranking, targets } = comparison
  const parts = models.map((model) => modelTable(model, comparison, colors))
  if (failed.length > 0) {
    const lines = failed.map(({ error }) => `  ${colors.red(error)}`)
    parts.push(
      [`${count(failed.length)} of ${count(failed.length + models.length)} models failed:`, ...lines].join('\n'),
    )
  }
  if (targets.length > 1 && ranking.length > 0) parts.push(rankingTable(ranking, models.length, colors))
  return parts.join('\n\n')
}

function modelTable({ file, results }: ComparedModel, { targets }: Comparison, colors: Colors): string {
  const hasHost = results.some(({ hostKernels }) => hostKernels > 0)
  const titles = ['target', 'latency', 'energy', 'use', 'DRAM', 'peak', 'bound by', ...(hasHost ? ['on the host'] : [])]
  const table = plainTable(
    titles.map((title) => colors.dim(title)),
    titles.map((_, i) => (i === 0 || i > 5 ? 'left' : 'right')),
  )
  const fastest = Math.min(...results.map(({ latencyMs }) => latencyMs))
  results.forEach((result, i) => {
    const latency = milliseconds(result.latencyMs)
    table.push([
      targets[i]!.name,
      result.latencyMs === fastest && results.length > 1 ? colors.green(latency) : latency,
      `${significant(result.energyMj)} mJ`,
      percent(result.utilisation),
      bytes(result.dramBytes),
      bytes(result.peakActivationBytes),
      boundText(result.boundShares),
      ...(hasHost ? [hostText(result)] : []),
    ])
  })
  const assumptions = [...new Set(results.flatMap((result) => result.assumptions))].slice(0, 3)
  return [
    `${colors.bold(file)}: ${magnitude(results[0]?.macs ?? 0)} MACs, ${magnitude(results[0]?.parameters ?? 0)} parameters`,
    table.toString(),
    ...assumptions.map((assumption) => colors.dim(`assumed ${assumption}`)),
  ].join('\n')
}

function rankingTable(ranking: readonly RankedTarget[], models: number, colors: Colors): string {
  const table = plainTable(
    ['', 'target', 'latency', 'energy', 'use', 'MACs', 'SRAM', 'latency x area'].map((title) => colors.dim(title)),
    ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  )
  ranking.forEach(({ name, latencyRatio, energyRatio, utilisation, area, latencyAreaRatio }, i) => {
    table.push([
      String(i + 1),
      colors.bold(name),
      times(latencyRatio),
      times(energyRatio),
      percent(utilisation),
      area === null ? '-' : magnitude(area.macs),
      area === null ? '-' : bytes(area.sramBytes),
      latencyAreaRatio === null ? '-' : times(latencyAreaRatio),
    ])
  })
  const over = `${count(models)} model${models === 1 ? '' : 's'}`
  const explained = 'latency, energy, latency x area: geometric mean of each over the best; area is MACs and SRAM only'
  return [`${colors.bold('ranking')} over ${over}`, table.toString(), colors.dim(explained)].join('\n')
}

const hostText = ({ hostKernels, hostShare }: ModelFigures): string =>
  hostKernels === 0 ? '' : `${count(hostKernels)} kernels, ${percent(hostShare)} of the time`

const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(0)} %`)
const times = (ratio: number): string => `x ${ratio.toFixed(2)}`

/** The largest share first; what is below one in a hundred is left out. */
function boundText(shares: Readonly<Record<string, number>>): string {
  return Object.entries(shares)
    .filter(([, share]) => share >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([bound, share]) => `${bound} ${percent(share)}`)
    .join(', ')
}
