import type { EnergyMetrics, MemoryMetrics } from '../estimator/metrics.js'
import { bytes, count, significant } from './format.js'

/** Lines on memory and energy that terminal and Markdown share. Nothing in them depends on colour. */

const bars = '▁▂▃▄▅▆▇█'

/** Values as bars, the highest one full. More values than columns: each column shows the largest of its share. */
export function sparkline(values: readonly number[], columns: number): string {
  const highest = largest(values)
  return shares(values, columns)
    .map((share) => bars[highest === 0 ? 0 : Math.max(0, Math.ceil((largest(share) / highest) * bars.length) - 1)])
    .join('')
}

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0)

/** Values cut into as many columns, or fewer. */
function shares<T>(values: readonly T[], columns: number): T[][] {
  const width = Math.min(columns, values.length)
  const start = (column: number) => Math.floor((column * values.length) / width)
  return Array.from({ length: width }, (_, column) => values.slice(start(column), start(column + 1)))
}

/** Bytes alive kernel by kernel, and marks where they are too many for the SRAM; undefined for fewer than two kernels. */
export function memoryTimeline({ timeline }: MemoryMetrics, columns = 64): string | undefined {
  if (timeline.length < 2) return undefined
  const live = timeline.map(({ liveBytes }) => liveBytes)
  const marks = shares(timeline, columns).map((share) => (share.every(({ fitsSram }) => fitsSram) ? ' ' : '^'))
  const line = sparkline(live, columns)
  return marks.includes('^') ? `${line}\n${marks.join('').trimEnd()} over the SRAM` : line
}

/** Where the peak is, what it was without planning, and whether anything lower is possible. */
export function peakLine(memory: MemoryMetrics): string {
  const { peakBytes, peakKernel, lowerBoundBytes, provedOptimal, givenOrderPeakBytes, inPlace } = memory
  const where = peakKernel === null ? '' : ` at ${peakKernel}`
  const proof = provedOptimal ? 'no order has less' : `no order has less than ${bytes(lowerBoundBytes)}`
  const order = memory.reordered ? `, ${bytes(givenOrderPeakBytes)} in the order of the file` : ''
  const written = inPlace === 1 ? '1 result' : `${count(inPlace)} results`
  return `peak activations ${bytes(peakBytes)}${where} (${proof}${order}), ${written} written over an operand`
}

export function sramLine(memory: MemoryMetrics): string {
  const { sramBytes, arenaBytes, residentWeightBytes, onChipPeakBytes, streamedWeightBytes, timeline } = memory
  const { overflowBytes } = memory
  const over = timeline.filter(({ fitsSram }) => !fitsSram).length
  const beside = residentWeightBytes > 0 ? ` and ${bytes(residentWeightBytes)} of weights` : ''
  const need = `${bytes(arenaBytes)} of activations${beside}`
  const streamed = streamedWeightBytes > 0 ? `, ${bytes(streamedWeightBytes)} of weights streamed` : ''
  if (memory.sramIsCache) return `SRAM ${bytes(sramBytes)}: a cache, the activations live in DRAM${streamed}`
  if (memory.fitsSramWithWeights)
    return `SRAM ${bytes(sramBytes)}: holds ${need}, and would hold all weights${streamed}`
  if (memory.fitsSram) return `SRAM ${bytes(sramBytes)}: holds ${need}${streamed}`
  const left =
    overflowBytes > 0
      ? `more than it holds: moving it out and back takes ${bytes(overflowBytes)} of DRAM traffic, not counted elsewhere`
      : 'the larger ones in DRAM'
  return (
    `SRAM ${bytes(sramBytes)}: too small for ${need} (${count(over)} of ${count(timeline.length)} kernels), ` +
    `at most ${bytes(onChipPeakBytes)} on the chip, ${left}${streamed}`
  )
}

export function energyLine(energy: EnergyMetrics): string {
  const { perInferenceMj, onChipPicojoulesPerMac, plausible } = energy
  const share = (part: number) => `${perInferenceMj === 0 ? 0 : Math.round((100 * part) / perInferenceMj)} %`
  const perMac = onChipPicojoulesPerMac === null ? '' : `; ${significant(onChipPicojoulesPerMac)} pJ a MAC on the chip`
  const doubt = plausible === false ? ', not the 0.3 to 3 of products: worth a second look' : ''
  return (
    `energy ${significant(perInferenceMj)} mJ: MACs ${share(energy.macMj)}, SRAM ${share(energy.sramMj)}, ` +
    `DRAM ${share(energy.dramMj)}${perMac}${doubt}`
  )
}

export function useLine({ users, inferencesPerUserPerDay, kWhPerDay, kWhPerYear }: EnergyMetrics): string {
  const who = users === 1_000_000 ? 'a million users' : `${count(users)} users`
  const often = inferencesPerUserPerDay === 1 ? 'one inference' : `${significant(inferencesPerUserPerDay)} inferences`
  return `${who}, ${often} each a day: ${kilowattHours(kWhPerDay)} a day, ${kilowattHours(kWhPerYear)} a year`
}

/** Small figures keep their unit rather than get an exponent: 0.000352 kWh. */
export const kilowattHours = (value: number): string =>
  value >= 1e-6 && value < 1 ? `${value.toPrecision(3)} kWh` : `${significant(value)} kWh`
