import { SeededRandom } from '../runtime/random.js'
import type { Figure } from './metrics/metric.js'

export interface BootstrapOptions {
  readonly seed?: number | undefined
  readonly resamples?: number | undefined
}

/** Ends of an interval, the lower one first. */
export type Interval = readonly [low: number, high: number]

/** Of all intervals. */
export const confidence = 0.95

/**
 * Figures over resamples: as many samples as there are, drawn with replacement. All figures see the same draws, so that
 * differences of two models are paired. Result: figures x resamples.
 */
export function resampled(figures: readonly Figure[], samples: number, options: BootstrapOptions = {}): Float64Array[] {
  const { seed = 0, resamples = 2000 } = options
  const random = new SeededRandom(seed)
  const weights = new Uint32Array(samples)
  const values = figures.map(() => new Float64Array(resamples))
  for (let i = 0; i < resamples; i++) {
    weights.fill(0)
    for (let draw = 0; draw < samples; draw++) weights[Math.floor(random.uniform() * samples)]! += 1
    figures.forEach((figure, which) => {
      values[which]![i] = figure(weights)
    })
  }
  return values
}

/** The percentiles between which the confidence lies; resamples without a figure (no object was drawn) do not count. */
export function percentileInterval(values: Float64Array): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort()
  return [percentile(sorted, (1 - confidence) / 2), percentile(sorted, (1 + confidence) / 2)]
}

/** Linear between order statistics. */
function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const [low, high] = [sorted[below] ?? Number.NaN, sorted[below + 1]]
  return high === undefined || low === high ? low : low + (place - below) * (high - low)
}
