import { estimate } from '../estimator/estimate.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import type { CoResident } from '../search/co-residents.js'

/**
 * What models take on a target as they are in their files. `symbols`: sizes by name; others are taken as 1. Throws UserError for a
 * file at fault.
 */
export async function coResidentModels(
  files: readonly string[],
  target: Target,
  symbols: ReadonlyMap<string, number>,
): Promise<CoResident[]> {
  const models: CoResident[] = []
  for (const file of files) {
    const { weightBytes, peakActivationBytes } = estimate(await readModel(file), target, { symbols })
    models.push({ file, weightBytes, peakActivationBytes })
  }
  return models
}
