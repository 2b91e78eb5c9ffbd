import { MultivariateLinearRegression } from 'ml-regression'
import type { FamilyModel } from './predictor.js'

/** One measured kernel. */
export interface Sample {
  /** In the order of `featureNames`. */
  readonly features: readonly number[]
  readonly latencyMs: number
}

/** Every fifth sample, by position in the table, judges the fit and does not take part in it. */
const holdOutEvery = 5

/**
 * Linear model of latency with coefficients that are not negative, by least squares on relative errors: rows are divided
 * by their latency, and features whose coefficient comes out negative are dropped one at a time. Throws for fewer samples than features.
 */
export function fitFamily(samples: readonly Sample[]): FamilyModel {
  const train = samples.filter((_, i) => i % holdOutEvery !== 0)
  const test = samples.filter((_, i) => i % holdOutEvery === 0)
  const width = samples[0]?.features.length ?? 0
  if (train.length <= width) throw new Error(`${train.length} samples are too few for ${width} features`)
  const coefficients = nonNegativeFit(train, width)
  const predict = ({ features }: Sample) => features.reduce((sum, feature, i) => sum + feature * coefficients[i]!, 0)
  const ratios = test.map((sample) => sample.latencyMs / predict(sample)).sort((a, b) => a - b)
  const errors = test.map((sample) => Math.abs(predict(sample) / sample.latencyMs - 1))
  return {
    samples: samples.length,
    coefficients,
    ratioQuantiles: [Math.min(1, quantile(ratios, 0.05)), Math.max(1, quantile(ratios, 0.95))],
    meanError: errors.reduce((sum, error) => sum + error, 0) / errors.length,
  }
}

function nonNegativeFit(train: readonly Sample[], width: number): number[] {
  // Features that never vary from zero carry no information and would make the system singular.
  let active = Array.from({ length: width }, (_, i) => i).filter((i) => train.some(({ features }) => features[i] !== 0))
  for (;;) {
    const scales = active.map((i) => Math.max(...train.map(({ features }) => Math.abs(features[i]!))))
    const rows = train.map(({ features, latencyMs }) => active.map((i, k) => features[i]! / scales[k]! / latencyMs))
    const fit = new MultivariateLinearRegression(
      rows,
      train.map(() => [1]),
      { intercept: false, statistics: false },
    )
    const weights = fit.weights.map(([weight]) => weight!)
    const worst = weights.indexOf(Math.min(...weights))
    if (weights[worst]! >= 0 || active.length === 1) {
      const coefficients = new Array<number>(width).fill(0)
      active.forEach((i, k) => {
        coefficients[i] = Math.max(0, weights[k]!) / scales[k]!
      })
      return coefficients
    }
    active = active.filter((_, k) => k !== worst)
  }
}

function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1)
  const low = sorted[Math.floor(at)] ?? 1
  const high = sorted[Math.ceil(at)] ?? low
  return low + (high - low) * (at - Math.floor(at))
}
