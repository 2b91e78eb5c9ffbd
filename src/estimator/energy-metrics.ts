import { aMillionUsers, energyOf, kilowattHoursPerDay, plausiblePicojoulesPerInt8Mac, type Work } from '../hw/energy.js'
import type { Precision, Target } from '../hw/target.js'
import type { EnergyMetrics } from './metrics.js'

/** What one inference takes, by where it goes, and what a million users a day would add up to. */
export function energyMetrics(work: Work, target: Target, precision: Precision): EnergyMetrics {
  const { macMj, sramMj, dramMj } = energyOf(work, target, precision)
  const perInferenceMj = macMj + sramMj + dramMj
  const onChipPicojoulesPerMac = work.macs > 0 ? ((macMj + sramMj) * 1e9) / work.macs : null
  const kWhPerDay = kilowattHoursPerDay(perInferenceMj, aMillionUsers)
  const { least, most } = plausiblePicojoulesPerInt8Mac
  return {
    perInferenceMj,
    macMj,
    sramMj,
    dramMj,
    onChipPicojoulesPerMac,
    plausible:
      onChipPicojoulesPerMac === null || precision !== 'int8'
        ? null
        : onChipPicojoulesPerMac >= least && onChipPicojoulesPerMac <= most,
    ...aMillionUsers,
    kWhPerDay,
    kWhPerYear: kWhPerDay * 365,
    source: target.energy.source,
  }
}
