import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../runtime/random.js'
import { fitTable } from '../fit/fit-table.js'
import { Predictor, type PredictorFile } from '../predictor.js'
import { type Measurement, toMeasurement } from '../table/fields.js'
import { calibrateKernels } from './calibrate-kernels.js'
import { calibrateModels, type MeasuredModel } from './calibrate-models.js'
import type { CalibrationMember } from './calibration.js'
import { structureLatency, structureTerms } from './structure.js'

/** Parameters of a slow device with quick calls, and of a fast one with slow calls. */
const first = [0.01, 0.002, 0.03, 0.03, 0.05, 0.08, 0.1, 0.05, 0.5].map(Math.log)
const second = [0.04, 0.004, 0.06, 0.007, 0.02, 0.02, 0.03, 0.015, 0.5].map(Math.log)

function measure(kernel: string, parameters: readonly number[], count: number, seed: number): Measurement[] {
  const random = new SeededRandom(seed)
  const pick = (list: readonly number[]) => list[random.integer(0, list.length - 1)]!
  return Array.from({ length: count }, (_, line) => {
    const inChannels = pick([8, 16, 24, 32, 64, 96, 128, 256])
    const outChannels = kernel === 'depthwise' ? inChannels : pick([8, 16, 32, 48, 64, 128, 256])
    const numbers = {
      batch: 8,
      inChannels,
      outChannels,
      inHeight: pick([7, 14, 28, 56, 112]),
      kernelHeight: pick([1, 3, 5]),
      strideHeight: pick([1, 2]),
      latencyMs: 1,
    }
    const labels = { kernel, precision: 'float16' }
    const row = toMeasurement({ text: { kernel, op: 'Conv', precision: 'float16' }, numbers, labels, line })
    if ('reason' in row) throw new Error(row.reason)
    const noise = Math.exp(0.06 * (random.uniform() - 0.5))
    return { ...row, latencyMs: structureLatency(structureTerms(row), parameters) * noise }
  })
}

const table = (rows: readonly Measurement[]) => ({ file: 'rows.csv', sha256: '0'.repeat(64), device: 'first', rows })
const fit = (rows: readonly Measurement[]): PredictorFile =>
  fitTable(table(rows), { name: 'first', processors: 1, seed: 1, source: 'synthetic' })
const options = { device: 'second', data: { file: 'few.csv', sha256: '1'.repeat(64) }, seed: 1 }
const error = (predictor: Predictor, rows: readonly Measurement[]) =>
  rows.reduce((sum, row) => sum + Math.abs(Math.log(row.latencyMs / predictor.latencyMs(row))), 0) / rows.length

const source = new Predictor(fit([...measure('convolution', first, 300, 1), ...measure('depthwise', first, 80, 2)]))

describe('calibrateKernels', () => {
  const few = measure('convolution', second, 10, 3)
  const test = measure('convolution', second, 400, 4)
  const calibrated = new Predictor({ ...source.file, calibration: calibrateKernels(source, few, options) })

  it('corrects a predictor by ten rows of a sibling with another balance', () => {
    expect(error(source, test)).toBeGreaterThan(0.4)
    expect(error(calibrated, test)).toBeLessThan(0.1)
  })

  it('gets better with more rows', () => {
    const more = calibrateKernels(source, measure('convolution', second, 120, 5), options)
    expect(error(new Predictor({ ...source.file, calibration: more }), test)).toBeLessThan(0.05)
  })

  it('finds a sibling that is the same device, only slower', () => {
    const slower = (rows: readonly Measurement[]) =>
      rows.map((row) => ({ ...row, latencyMs: 1.7 * source.latencyMs(row) }))
    const calibration = calibrateKernels(source, slower(measure('convolution', first, 12, 6)), options)
    const scaled = new Predictor({ ...source.file, calibration })
    expect(error(scaled, slower(measure('convolution', first, 100, 7)))).toBeLessThan(0.02)
  })

  it('keeps 90 % intervals', () => {
    let inside = 0
    for (let seed = 10; seed < 20; seed++) {
      const calibration = calibrateKernels(source, measure('convolution', second, 40, seed), options)
      const predictor = new Predictor({ ...source.file, calibration })
      for (const row of test) {
        const { lowMs, highMs } = predictor.predict(row)
        if (row.latencyMs >= lowMs && row.latencyMs <= highMs) inside += 1
      }
    }
    expect(inside / (10 * test.length)).toBeGreaterThan(0.85)
    expect(inside / (10 * test.length)).toBeLessThan(0.97)
  })

  it('is data: predictions survive JSON, and the same rows and seed give the same', () => {
    const copy = new Predictor(JSON.parse(JSON.stringify(calibrated.file)) as PredictorFile)
    for (const row of test.slice(0, 50)) expect(copy.predict(row)).toEqual(calibrated.predict(row))
    expect(calibrateKernels(source, few, options)).toEqual(calibrated.file.calibration)
  })

  it('corrects several kinds at once, each by its own rows and by the others', () => {
    const rows = [...measure('convolution', second, 8, 11), ...measure('depthwise', second, 4, 12)]
    const calibration = calibrateKernels(source, rows, options)
    const predictor = new Predictor({ ...source.file, calibration })
    for (const kind of ['convolution', 'depthwise']) {
      const rest = measure(kind, second, 100, 13)
      expect(error(predictor, rest)).toBeLessThan(0.5 * error(source, rest))
    }
  })

  it('scales kinds that it has no rows of', () => {
    const rows = measure('depthwise', second, 20, 8)
    for (const row of rows) {
      const ratio = calibrated.latencyMs(row) / source.latencyMs(row)
      expect(Number.isFinite(ratio) && ratio > 0).toBe(true)
    }
  })
})

describe('calibrateModels', () => {
  const kernels = [...measure('convolution', first, 200, 9), ...measure('depthwise', first, 60, 10)]
  /** Models of random kernels; convolutions take 1.5 times, depthwise 0.6 times as long, and a call 5 us. */
  function models(count: number, seed: number): MeasuredModel[] {
    const random = new SeededRandom(seed)
    return Array.from({ length: count }, (_, i) => {
      const chosen = Array.from({ length: random.integer(10, 60) }, () => ({
        shape: kernels[random.integer(0, kernels.length - 1)]!,
        repeats: random.integer(1, 3),
      }))
      const own = chosen.reduce((sum, { shape, repeats }) => {
        const factor = shape.kind === 'depthwise' ? 0.6 : 1.5
        return sum + repeats * (factor * source.latencyMs(shape) + 0.005)
      }, 0)
      return { name: `model${i}`, kernels: chosen, latencyMs: own * Math.exp(0.04 * (random.uniform() - 0.5)) }
    })
  }
  const sum = (predictor: Predictor, model: MeasuredModel) =>
    model.kernels.reduce((total, { shape, repeats }) => total + repeats * predictor.latencyMs(shape), 0)
  const meanError = (predictor: Predictor, list: readonly MeasuredModel[]) =>
    list.reduce((total, model) => total + Math.abs(Math.log(model.latencyMs / sum(predictor, model))), 0) / list.length

  it('corrects a predictor by ten measured models', () => {
    const calibration = calibrateModels(source, models(10, 1), options)
    const calibrated = new Predictor({ ...source.file, calibration })
    const test = models(60, 2)
    expect(meanError(source, test)).toBeGreaterThan(0.25)
    expect(meanError(calibrated, test)).toBeLessThan(0.05)
    expect(calibration.unit).toBe('models')
  })

  it('keeps 90 % intervals of whole models', () => {
    let inside = 0
    let count = 0
    for (let seed = 1; seed <= 10; seed++) {
      const { halfWidth, ...calibration } = calibrateModels(source, models(20, 20 + seed), options)
      const calibrated = new Predictor({ ...source.file, calibration: { ...calibration, halfWidth } })
      for (const model of models(40, 60 + seed)) {
        if (Math.abs(Math.log(model.latencyMs / sum(calibrated, model))) <= halfWidth) inside += 1
        count += 1
      }
    }
    expect(inside / count).toBeGreaterThan(0.84)
    expect(inside / count).toBeLessThan(0.97)
  })

  it('learns a factor of what the predictor adds to its kernels', () => {
    const random = new SeededRandom(5)
    const withRest = models(30, 4).map((model) => {
      const restMs = model.latencyMs * random.uniform()
      return { ...model, restMs, latencyMs: 2 * (model.latencyMs + 3 * restMs) }
    })
    const { members, restFactor } = calibrateModels(source, withRest, { ...options, kernelFactor: 2 })
    expect(restFactor).toBeGreaterThan(5)
    expect(restFactor).toBeLessThan(7)
    const [{ base }] = members as [CalibrationMember]
    if (base.kind !== 'scaled') throw new Error(base.kind)
    expect(base.factors['convolution']).toBeGreaterThan(1.3)
    expect(base.factors['convolution']).toBeLessThan(1.7)
  })

  it('needs two models', () => {
    expect(() => calibrateModels(source, models(1, 3), options)).toThrow(RangeError)
  })
})
