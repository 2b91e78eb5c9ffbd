import { describe, expect, test } from 'vitest'
import type { EnergyMetrics, MemoryMetrics } from '../estimator/metrics.js'
import { energyLine, kilowattHours, memoryTimeline, peakLine, sparkline, sramLine, useLine } from './resources.js'

const memory: MemoryMetrics = {
  peakBytes: 300,
  peakKernel: 'conv',
  lowerBoundBytes: 300,
  provedOptimal: true,
  givenOrderPeakBytes: 400,
  reordered: true,
  inPlace: 1,
  arenaBytes: 320,
  sramBytes: 1000,
  sramIsCache: false,
  onChipPeakBytes: 300,
  overflowBytes: 0,
  residentWeightBytes: 0,
  streamedWeightBytes: 5000,
  fitsSram: true,
  fitsSramWithWeights: false,
  timeline: [100, 300, 200].map((liveBytes) => ({ kernel: 'k', liveBytes, onChipBytes: liveBytes, fitsSram: true })),
}

const energy: EnergyMetrics = {
  perInferenceMj: 2,
  macMj: 1,
  sramMj: 0.5,
  dramMj: 0.5,
  onChipPicojoulesPerMac: 1.5,
  plausible: true,
  users: 1_000_000,
  inferencesPerUserPerDay: 1,
  kWhPerDay: 2 / 3600,
  kWhPerYear: (2 / 3600) * 365,
  source: 'none',
}

describe('memory and energy as text', () => {
  test.each<[readonly number[], number, string]>([
    [[0, 1, 4, 8], 10, '▁▁▄█'],
    [[8, 1, 1, 4], 2, '█▄'],
    [[0, 0], 10, '▁▁'],
    [[], 10, ''],
  ])('%j in %i columns', (values, columns, text) => {
    expect(sparkline(values, columns)).toBe(text)
  })

  test('a column stands for the largest of its share, so the peak is always seen', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 617 ? 8 : 1))
    expect(sparkline(values, 64)).toHaveLength(64)
    expect(sparkline(values, 64)).toContain('█')
  })

  test('the timeline needs two kernels', () => {
    expect(memoryTimeline(memory)).toBe('▃█▆')
    expect(memoryTimeline({ ...memory, timeline: memory.timeline.slice(0, 1) })).toBeUndefined()
  })

  test('kernels that are too much for the SRAM are marked', () => {
    const timeline = memory.timeline.map((step) => ({ ...step, fitsSram: step.liveBytes < 300 }))
    expect(memoryTimeline({ ...memory, timeline })).toBe('▃█▆\n ^ over the SRAM')
  })

  test('the peak says whether it is proved, and what planning gained', () => {
    expect(peakLine(memory)).toBe(
      'peak activations 300 B at conv (no order has less, 400 B in the order of the file), 1 result written over an operand',
    )
    expect(peakLine({ ...memory, provedOptimal: false, lowerBoundBytes: 250, reordered: false })).toContain(
      '(no order has less than 250 B)',
    )
  })

  test('the SRAM says what fits and what does not', () => {
    expect(sramLine(memory)).toBe('SRAM 1.00 kB: holds 320 B of activations, 5.00 kB of weights streamed')
    const large = {
      ...memory,
      fitsSram: false,
      timeline: memory.timeline.map((step) => ({ ...step, fitsSram: false })),
    }
    expect(sramLine(large)).toMatch(
      /too small .*\(3 of 3 kernels\), at most 300 B on the chip, the larger ones in DRAM/,
    )
    expect(sramLine({ ...large, onChipPeakBytes: 1001, overflowBytes: 202 })).toMatch(
      /1\.00 kB on the chip, more than it holds: .* 202 B of DRAM traffic/,
    )
  })

  test('energy says where it goes and whether it is credible; a million users add up', () => {
    expect(energyLine(energy)).toBe('energy 2.00 mJ: MACs 50 %, SRAM 25 %, DRAM 25 %; 1.50 pJ a MAC on the chip')
    expect(energyLine({ ...energy, onChipPicojoulesPerMac: 30, plausible: false })).toContain('second look')
    expect(useLine(energy)).toBe('a million users, one inference each a day: 0.000556 kWh a day, 0.203 kWh a year')
    expect(kilowattHours(12.34)).toBe('12.3 kWh')
  })
})
