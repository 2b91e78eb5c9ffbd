import { describe, expect, test } from 'vitest'
import { convolutionShape } from '../../hw/convolution-shape.js'
import type { KernelShape } from '../../hw/shape.js'
import { SeededRandom } from '../../runtime/random.js'
import { whiteBoxNames, writeWhiteBoxTerms } from '../features.js'
import { Predictor, type PredictorFile } from '../predictor.js'
import { familyOf, type Measurement } from '../table/fields.js'
import type { MeasurementTable } from '../table/read-table.js'
import { fitTable } from './fit-table.js'
import { foldsByFamily } from './folds.js'
import { fitInterval } from './interval.js'
import { nonNegativeFit } from './non-negative-fit.js'
import { kendallTau, summarizeErrors } from './statistics.js'
import { validatePredictor } from './validate.js'

const normal = (random: SeededRandom) =>
  Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform())

const measured = (shape: KernelShape, latencyMs: number): Measurement => ({
  ...shape,
  latencyMs,
  family: familyOf(shape),
  labels: { kernel: shape.kind, precision: shape.precision },
  line: 0,
})

const tableOf = (rows: readonly Measurement[]): MeasurementTable => ({
  file: 'synthetic.csv',
  sha256: '0'.repeat(64),
  device: 'synthetic',
  rows,
})

/** A device with a roofline, waste where channels are no multiple of 16, and a clock with 2 % of noise. */
function syntheticMs(shape: KernelShape): number {
  const padded = Math.ceil(shape.inChannels / 16) * 16 * Math.ceil(shape.outChannels / 16) * 16
  const work = (shape.macs * padded) / (shape.inChannels * shape.outChannels)
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  return 0.01 + Math.max(work * 2e-10, bytes * 1e-8)
}

function syntheticRows(seed: number, channels: readonly number[]): Measurement[] {
  const random = new SeededRandom(seed)
  const rows: Measurement[] = []
  for (const inChannels of channels) {
    for (const outChannels of channels) {
      for (const kernel of [1, 3]) {
        for (const size of [7, 14, 28, 56]) {
          if (random.uniform() < 0.3) continue
          const shape = convolutionShape({ inChannels, outChannels, size, kernel })
          rows.push(measured(shape, syntheticMs(shape) * Math.exp(0.02 * normal(random))))
        }
      }
    }
  }
  return rows
}

const options = { name: 'synthetic', processors: 1, seed: 1, source: 'test' }

describe('fitTable', () => {
  const file = fitTable(tableOf(syntheticRows(1, [8, 16, 24, 40, 64, 96, 130, 256])), options)
  const predictor = new Predictor(file)
  const unseen = tableOf(syntheticRows(2, [12, 32, 48, 80, 192]))

  test('chooses by families left out, and keeps what each method reached', () => {
    const [model] = file.models
    expect(file.models).toHaveLength(1)
    expect(model!.method).not.toBe('white-box')
    const { candidates, mape, macsLine } = model!.validation
    expect(mape).toBe(Math.min(...Object.values(candidates)))
    expect(mape).toBeLessThan(candidates['white-box']!)
    expect(mape).toBeLessThan(macsLine.mape)
  })

  test('predicts channels it has not seen, and its intervals cover them', () => {
    const [figures] = validatePredictor(predictor, unseen)
    expect(figures).toMatchObject({
      kernel: 'convolution',
      precision: 'int8',
      count: unseen.rows.length,
      outOfRange: 0,
    })
    expect(figures!.mape).toBeLessThan(8)
    expect(figures!.coverage90).toBeGreaterThan(0.7)
    // Small kernels cost a call and noise: no predictor ranks better than the noiseless truth.
    const truth = kendallTau(
      unseen.rows.map(syntheticMs),
      unseen.rows.map(({ latencyMs }) => latencyMs),
    )
    expect(figures!.kendallTau).toBeGreaterThan(truth - 0.08)
  })

  test('the JSON file predicts what the fit predicted; the same seed gives the same file', () => {
    const copy = new Predictor(JSON.parse(JSON.stringify(file)) as PredictorFile)
    for (const row of unseen.rows) expect(copy.predict(row)).toEqual(predictor.predict(row))
    for (const row of unseen.rows) expect(copy.latencyMs(row)).toBe(predictor.predict(row).latencyMs)
    const again = fitTable(tableOf(syntheticRows(1, [8, 16, 24, 40, 64, 96, 130, 256])), options)
    expect(again).toEqual(file)
  })

  test('flags what lies outside its data, and widens its interval', () => {
    const inside = convolutionShape({ inChannels: 64, outChannels: 64, size: 28, kernel: 3 })
    const outside: [Partial<KernelShape>, string][] = [
      [{ inChannels: 4096 }, 'inChannels 4096 outside 8 to 256'],
      [{ inHeight: 224 }, 'inHeight 224 outside 7 to 56'],
      [{ groups: 4 }, 'groups 4 outside 1 to 1'],
      [{ fused: 1 }, 'fused 1 outside 0 to 0'],
      [{ kind: 'pool' }, 'no measurements of pool in int8'],
      [{ precision: 'float16' }, 'no measurements of convolution in float16'],
    ]
    const known = predictor.predict(inside)
    expect(known.outOfRange).toEqual([])
    for (const [change, reason] of outside) {
      const prediction = predictor.predict({ ...inside, ...change })
      expect(prediction.outOfRange).toContain(reason)
      expect(Number.isFinite(prediction.latencyMs) && prediction.latencyMs > 0).toBe(true)
      expect(prediction.lowMs).toBeLessThan(prediction.latencyMs)
      expect(prediction.highMs).toBeGreaterThan(prediction.latencyMs)
    }
  })

  test('a handful of rows gives a white box and a wide interval', () => {
    const few = fitTable(tableOf(syntheticRows(1, [8, 16]).slice(0, 5)), options)
    expect(few.models[0]!.method).toBe('white-box')
    const shape = convolutionShape({ inChannels: 8, outChannels: 8, size: 14, kernel: 1 })
    const { lowMs, highMs } = new Predictor(few).predict(shape)
    expect(highMs / lowMs).toBeGreaterThan(1.5)
  })
})

describe('white box', () => {
  test('recovers coefficients that are not negative from exact data', () => {
    const rows = syntheticRows(3, [8, 16, 48, 64, 200])
    const truth = new Float64Array(whiteBoxNames.length)
    truth[0] = 0.02
    truth[1] = 0.3
    truth[3] = 0.05
    const terms = rows.map((row) => {
      const out = new Float64Array(whiteBoxNames.length)
      writeWhiteBoxTerms(row, 1, out)
      return out
    })
    const latencies = Float64Array.from(terms, (term) => term.reduce((sum, t, i) => sum + t * truth[i]!, 0))
    const found = nonNegativeFit(rows.length, whiteBoxNames.length, (row) => terms[row]!, latencies)
    for (const value of found) expect(value).toBeGreaterThanOrEqual(0)
    terms.forEach((term, row) => {
      const predicted = term.reduce((sum, t, i) => sum + t * found[i]!, 0)
      expect(predicted / latencies[row]!).toBeCloseTo(1, 3)
    })
  })

  test('a term that would need to be negative is left out', () => {
    // y = 3 - x on x = 0, 1, 2: the slope cannot be negative; the constant alone fits relative errors best at
    // sum(1/y) / sum(1/y^2) = (1/3 + 1/2 + 1) / (1/9 + 1/4 + 1).
    const found = nonNegativeFit(3, 2, (row) => [1, row], Float64Array.of(3, 2, 1))
    expect(found[1]).toBe(0)
    expect(found[0]).toBeCloseTo((1 / 3 + 1 / 2 + 1) / (1 / 9 + 1 / 4 + 1), 5)
  })
})

describe('intervals', () => {
  test('cover 90 % of families that did not set them, wide where the error is wide', () => {
    const random = new SeededRandom(5)
    const count = 4000
    const table = Float32Array.from({ length: count }, () => random.uniform())
    const families = Array.from({ length: count }, (_, i) => ({ family: `f${i % 200}` }))
    const residuals = Float64Array.from(table, (x) => Math.abs(normal(random)) * (0.02 + 0.2 * x))
    const { coverage, spread, factor } = fitInterval({ residuals, table, width: 1, families }, 1)
    expect(coverage).toBeGreaterThan(0.87)
    expect(coverage).toBeLessThan(0.93)
    expect(factor).toBeGreaterThan(1)
    expect(spread).toBeDefined()
  })
})

describe('folds and figures', () => {
  test('a family is in one fold; folds hold about the same number of families', () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ family: `f${i % 41}` }))
    const folds = foldsByFamily(rows, 4)
    const byFamily = new Map<string, Set<number>>()
    rows.forEach(({ family }, i) => {
      byFamily.set(family, (byFamily.get(family) ?? new Set()).add(folds[i]!))
    })
    for (const set of byFamily.values()) expect(set.size).toBe(1)
    const sizes = [0, 1, 2, 3].map((fold) => [...byFamily.values()].filter((set) => set.has(fold)).length)
    expect(sizes.sort()).toEqual([10, 10, 10, 11])
  })

  test('figures of four rows by hand', () => {
    const figures = summarizeErrors([1.04, 1.8, 3, 4.8], [1, 2, 3, 4])
    expect(figures.mape).toBeCloseTo((4 + 10 + 0 + 20) / 4, 9)
    expect(figures.rmspe).toBeCloseTo(Math.sqrt((16 + 100 + 0 + 400) / 4), 9)
    expect(figures).toMatchObject({ count: 4, within5: 0.5, kendallTau: 1 })
  })

  test('Kendall tau-b with ties equals the count of pairs', () => {
    const a = [1, 2, 2, 3, 5, 4]
    const b = [2, 1, 3, 3, 4, 6]
    let [agree, tiesA, tiesB, pairs] = [0, 0, 0, 0]
    for (let i = 0; i < a.length; i++) {
      for (let j = 0; j < i; j++) {
        agree += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!)
        tiesA += a[i] === a[j] ? 1 : 0
        tiesB += b[i] === b[j] ? 1 : 0
        pairs += 1
      }
    }
    expect(kendallTau(a, b)).toBeCloseTo(agree / Math.sqrt((pairs - tiesA) * (pairs - tiesB)), 12)
  })
})
