import { availableParallelism } from 'node:os'
import { availableMemory } from 'node:process'

/** How many candidates are built side by side; `as-fits`: as the machine has cores and memory for. */
export type LaneCount = number | 'as-fits'

/** Part of the free memory that lanes may take. */
const memoryShare = 0.7

/**
 * Resident memory of a lane, its runtimes included: 0.65 GB were measured with images of 48x48, 1.6 GB with MobileNetV2 at 224,
 * where batches are as large as they get. And some ten copies of all weights.
 */
const [laneBytes, bytesPerParameter] = [1.6e9, 40]

/** `parameters`: of the model. `threads`: of the runtime of one lane. */
export function laneCount(asked: LaneCount, parameters: number, threads: number): number {
  if (asked !== 'as-fits') return asked
  const byCores = Math.floor(availableParallelism() / threads)
  const byMemory = Math.floor((memoryShare * availableMemory()) / (laneBytes + bytesPerParameter * parameters))
  return Math.max(1, Math.min(byCores, byMemory))
}
