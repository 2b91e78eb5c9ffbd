import { describe, expect, test } from 'vitest'
import { aMillionUsers, energyMj, energyOf, kilowattHoursPerDay, trafficOf } from './energy.js'
import { loadTarget, targetNames } from './target.js'

describe('energy', () => {
  const target = loadTarget('neural-engine')

  test('MACs by format, bytes by memory', () => {
    const work = { macs: 1e9, sramBytes: 1e6, dramBytes: 1e6 }
    // 0.3 pJ x 1e9; 12.5 pJ x 1e6; 162 pJ x 1e6.
    const { macMj, sramMj, dramMj } = energyOf(work, target, 'int8')
    expect(macMj).toBeCloseTo(0.3, 12)
    expect(sramMj).toBeCloseTo(0.0125, 12)
    expect(dramMj).toBeCloseTo(0.162, 12)
    expect(energyMj(work, target, 'int8')).toBeCloseTo(macMj + sramMj + dramMj, 12)
    expect(energyOf(work, target, 'float16').macMj).toBeCloseTo(1.5, 12)
  })

  test('a mJ an inference is 1/3600 kWh a day for a million users with one each', () => {
    expect(kilowattHoursPerDay(1, aMillionUsers)).toBeCloseTo(1 / 3600, 15)
    expect(kilowattHoursPerDay(1, { users: 3_600_000, inferencesPerUserPerDay: 10 })).toBeCloseTo(0.01, 12)
  })

  test('without a cycle model: all bytes pass the SRAM once, weights and large activations come from DRAM', () => {
    const limit = target.memory.sramBytes * target.memory.residentFraction
    const shape = { inputBytes: 2 * limit + 1, outputBytes: 5, weightBytes: 10 }
    const kernel = { shape, inputs: [{ bytes: limit }, { bytes: limit + 1 }], outputs: [{ bytes: 5 }] }
    expect(trafficOf(kernel as never, target)).toEqual({ sramBytes: 10 + 2 * limit + 1 + 5, dramBytes: 10 + limit + 1 })
    // Not known one by one: the inputs count as one.
    const whole = { shape, inputs: [], outputs: [] }
    expect(trafficOf(whole as never, target).dramBytes).toBe(10 + 2 * limit + 1)
  })

  test.each(targetNames())('%s: DRAM costs more than SRAM, SRAM more than arithmetic; the source is named', (name) => {
    const { energy } = loadTarget(name)
    expect(energy.source.length).toBeGreaterThan(20)
    expect(energy.picojoulesPerDramByte).toBeGreaterThan(energy.picojoulesPerSramByte)
    const leastMac = Math.min(...Object.values(energy.picojoulesPerMac))
    expect(energy.picojoulesPerSramByte).toBeGreaterThan(leastMac)
  })
})
