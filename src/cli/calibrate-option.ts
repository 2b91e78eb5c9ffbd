import { stdout } from 'node:process'
import type { Predictor, PredictorFile } from '../estimator/predictor.js'
import type { ColumnMapping } from '../estimator/table/mapping.js'
import type { startSteps } from './progress.js'

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

interface Flags {
  readonly calibrate: string
  readonly target?: string | undefined
  readonly name?: string | undefined
  readonly out?: string | undefined
  readonly seed: number
  readonly json: boolean
  readonly validate?: string | undefined
}

/** `optimize fit TABLE --calibrate SOURCE`: writes the corrected predictor and says what was found. */
export async function calibrateTable(
  file: string,
  mapping: ColumnMapping,
  { calibrate, target, name, out, seed, json, validate }: Flags,
  steps: ReturnType<typeof startSteps>,
): Promise<Predictor> {
  const [{ calibrateFile }, { Predictor: Loaded }, { writeText }] = await Promise.all([
    import('../estimator/calibrate/calibrate-file.js'),
    import('../estimator/predictor.js'),
    import('../export/write-text.js'),
  ])
  steps.stage(`reading ${file}`)
  const predictor = await calibrateFile(file, {
    source: calibrate,
    mapping,
    seed,
    ...(target !== undefined && { target }),
    ...(name !== undefined && { name }),
    onProgress: (text, share) => steps.stage(text, share),
  })
  steps.stop()
  const path = out ?? `${file.replace(/(\.csv)?(\.gz)?$/i, '')}.predictor.json`
  await writeText(path, `${JSON.stringify(predictor)}\n`)
  if (!json) stdout.write(`${calibrationText(predictor)}wrote ${path}\n`)
  else if (validate === undefined) {
    const { members, ...calibration } = predictor.calibration
    const methods = members.map(({ method, weight }) => ({ method, weight }))
    const figures = { file: path, name: predictor.name, calibration: { ...calibration, methods } }
    stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  }
  return new Loaded(predictor)
}
