import type { PredictorFile } from '../estimator/predictor.js'

/** Flag of `optimize fit`: correct a predictor instead of fitting one anew. */
export const calibrateOption = {
  calibrate: {
    type: 'string',
    requiresArg: true,
    describe:
      'correct the predictor of this measured target, or in this file, by a few rows of another device: kernels, or whole models with the columns model, latency_ms',
  },
} as const

/** What a calibration found, for the terminal: medians of the absolute error on rows left out. */
export function calibrationText({ name, calibration }: PredictorFile): string {
  if (calibration === undefined) return ''
  const { device, unit, rows, members, candidates, halfWidth } = calibration
  const percent = (log: number) => `${(100 * Math.expm1(log)).toFixed(1)} %`
  const width = Math.max(...Object.keys(candidates).map((method) => method.length))
  const weights = new Map(members.map(({ method, weight }) => [method, weight]))
  const lines = Object.entries(candidates).map(([method, error]) => {
    const weight = weights.get(method)
    const share = weight === undefined ? '' : `, weighs ${Math.round(100 * weight)} %`
    return `  ${method.padEnd(width)}  usual error ${percent(error)}${share}`
  })
  return [
    `${name}: corrected to ${device} by ${rows} ${unit}; errors on rows left out`,
    ...lines,
    `  90 % interval: latency / ${Math.exp(halfWidth).toFixed(2)} to latency x ${Math.exp(halfWidth).toFixed(2)}`,
    '',
  ].join('\n')
}
