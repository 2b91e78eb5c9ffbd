import { readFileSync } from 'node:fs'
import { readJson } from '../hw/json-file.js'
import type { KernelKind, KernelShape } from '../hw/shape.js'
import type { Precision } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import { type EncodedTrees, Ensemble } from './boosting/ensemble.js'
import { featuresOf, whiteBoxTerms } from './features.js'
import type { ErrorSummary } from './fit/statistics.js'
import type { Interaction } from './interaction.js'
import { type OperatorModel, OperatorPredictor, operatorKey } from './operator-model.js'

/** A fitted latency predictor: data without code, with where it came from. */
export interface PredictorFile {
  readonly predictorVersion: 2
  readonly name: string
  readonly device: string
  /** What the device computes side by side: multiprocessors of a GPU, 1 where it is not known. */
  readonly processors: number
  /** The table it was fitted to. */
  readonly data: { readonly file: string; readonly sha256: string; readonly rows: number; readonly source: string }
  /** ISO date of the fit. */
  readonly fitted: string
  readonly models: readonly KernelModel[]
  /** Models of single operators: where there is one for a kernel it is asked instead of its kind's. */
  readonly operators?: readonly OperatorModel[]
  /** What kernels cost together beyond their sum; absent: nothing. */
  readonly interaction?: Interaction
  /** What correction to a sibling device was learned; none for a predictor fitted from scratch. */
  readonly calibration?: Calibration
}

/** Latency of one kind of kernel in one precision. */
export interface KernelModel {
  readonly kind: KernelKind
  readonly precision: Precision
  readonly rows: number
  readonly families: number
  /** Which candidate won on families left out. */
  readonly method: string
  /** Milliseconds per unit of each white-box term; see `whiteBoxNames`. */
  readonly whiteBox: readonly number[]
  /** Logarithm of how much slower an operator is than its white-box time. */
  readonly opRates: Readonly<Record<string, number>>
  /** Logarithm of measured over white-box time; null: the white box alone. */
  readonly trees: EncodedTrees | null
  /** Logarithm of the usual size of the remaining error; null: the same everywhere. */
  readonly spread: EncodedTrees | null
  /** Half the 90 % interval of the logarithm, in units of the spread. */
  readonly intervalFactor: number
  /** Smallest and largest value of each field of the shape in the data. */
  readonly ranges: Readonly<Record<string, readonly [low: number, high: number]>>
  readonly validation: Validation
}

/** How the chosen method did on families of shapes it had not seen. */
export interface Validation extends ErrorSummary {
  /** Share of measurements inside the 90 % interval, which was set on other families. */
  readonly coverage90: number
  /** The same split, latency from MACs alone: a power law, and a straight line. */
  readonly macsPowerLaw: ErrorSummary
  readonly macsLine: ErrorSummary
  /** All candidates' mean absolute error in per cent. */
  readonly candidates: Readonly<Record<string, number>>
}

/** Correction of a predictor to a sibling device: log factor = Gaussian process over standardized features. */
export interface Calibration {
  readonly device: string
  readonly rows: number
  readonly data: { readonly file: string; readonly sha256: string }
  readonly mean: number
  readonly lengths: readonly number[]
  readonly points: readonly (readonly number[])[]
  readonly weights: readonly number[]
  readonly amplitude: number
  /** 90 % half width of the logarithm on rows left out. */
  readonly halfWidth: number
}

export interface Prediction {
  readonly latencyMs: number
  readonly lowMs: number
  readonly highMs: number
  /** Fields of the shape outside the data, or why no model fits; empty: in range. */
  readonly outOfRange: readonly string[]
  /** Parts of the white-box time. */
  readonly overheadShare: number
  readonly memoryShare: number
}

const shipped = new Map<string, Predictor>()

/** A predictor that comes with the program. */
export function loadPredictor(name: string): Predictor {
  let predictor = shipped.get(name)
  if (predictor === undefined) {
    const url = new URL(`./predictors/${name}.json`, import.meta.url)
    predictor = new Predictor(JSON.parse(readFileSync(url, 'utf8')) as PredictorFile)
    shipped.set(name, predictor)
  }
  return predictor
}

/** A predictor from a file of the user's. */
export function readPredictor(file: string): Predictor {
  const value = readJson(file, 'check the path given to --predictor') as Partial<PredictorFile> | null
  if (value?.predictorVersion !== 2 || !Array.isArray(value.models)) {
    const found = JSON.stringify(value?.predictorVersion) ?? 'nothing'
    const remedy = 'write one with optimize fit table.csv --out predictor.json'
    throw new UserError('invalid-data', '/predictorVersion', `expected 2, found ${found}`, remedy, file)
  }
  return new Predictor(value as PredictorFile)
}

interface LoadedModel {
  readonly model: KernelModel
  readonly trees: Ensemble | undefined
  readonly spread: Ensemble | undefined
  readonly coefficients: Float64Array
}

/** Features of the white-box prediction itself, after those of the shape. */
export const priorFeatures = 3

/** Predicts kernels of any kind it has a model for; of others with the nearest kind, flagged. */
export class Predictor {
  readonly file: PredictorFile
  readonly #models = new Map<string, LoadedModel>()
  readonly #operators = new Map<string, OperatorPredictor>()
  readonly #calibrate: ((shape: KernelShape, latencyMs: number) => number) | undefined

  constructor(file: PredictorFile) {
    this.file = file
    for (const model of file.models) {
      this.#models.set(`${model.kind}/${model.precision}`, {
        model,
        trees: model.trees === null ? undefined : new Ensemble(model.trees),
        spread: model.spread === null ? undefined : new Ensemble(model.spread),
        coefficients: Float64Array.from(model.whiteBox),
      })
    }
    for (const model of file.operators ?? []) this.#operators.set(operatorKey(model), new OperatorPredictor(model))
    if (file.calibration !== undefined) this.#calibrate = calibrator(file.calibration)
  }

  get precisions(): Precision[] {
    return [...new Set(this.file.models.map(({ precision }) => precision))]
  }

  /** Milliseconds of one run, without interval: what a search asks for. */
  latencyMs(shape: KernelShape): number {
    const operator = this.#operators.get(operatorKey(shape))
    if (operator !== undefined && this.#calibrate === undefined) return Math.exp(operator.logLatency(shape))
    const { loaded } = this.#find(shape)
    const { latencyMs } = this.#evaluate(loaded, shape)
    return this.#calibrate === undefined ? latencyMs : latencyMs * Math.exp(this.#calibrate(shape, latencyMs))
  }

  predict(shape: KernelShape): Prediction {
    const operator = this.#calibrate === undefined ? this.#operators.get(operatorKey(shape)) : undefined
    return operator === undefined ? this.#predictByKind(shape) : this.#predictByOperator(shape, operator)
  }

  /** The operator's own latency and interval; what bounds it is told by its kind's white box. */
  #predictByOperator(shape: KernelShape, operator: OperatorPredictor): Prediction {
    const byKind = this.#predictByKind(shape)
    const latencyMs = Math.exp(operator.logLatency(shape))
    const { halfWidth } = operator.model
    const width = Math.exp(byKind.outOfRange.length > 0 ? 2 * halfWidth : halfWidth)
    return { ...byKind, latencyMs, lowMs: latencyMs / width, highMs: latencyMs * width }
  }

  #predictByKind(shape: KernelShape): Prediction {
    const { loaded, missing } = this.#find(shape)
    const { model, spread } = loaded
    const { latencyMs: own, row, whiteBox, overhead, memory } = this.#evaluate(loaded, shape)
    const latencyMs = this.#calibrate === undefined ? own : own * Math.exp(this.#calibrate(shape, own))
    const scale = spread === undefined ? 1 : Math.exp(spread.predict(row))
    const outOfRange = [...missing, ...outside(shape, model.ranges)]
    const half = Math.max(this.file.calibration?.halfWidth ?? 0, model.intervalFactor * scale)
    // Outside its data a model knows less than its residuals say.
    const width = Math.exp(outOfRange.length > 0 ? 2 * half : half)
    return {
      latencyMs,
      lowMs: latencyMs / width,
      highMs: latencyMs * width,
      outOfRange,
      overheadShare: overhead / whiteBox,
      memoryShare: memory / whiteBox,
    }
  }

  #evaluate(
    { model, trees, coefficients }: LoadedModel,
    shape: KernelShape,
  ): { latencyMs: number; row: Float32Array; whiteBox: number; overhead: number; memory: number } {
    const rate = model.opRates[shape.op] ?? 0
    const prior = whiteBoxOf(shape, this.file.processors, coefficients)
    const row = rowOf(shape, this.file.processors, rate, prior)
    const correction = trees === undefined ? 0 : trees.predict(row)
    return { latencyMs: prior.total * Math.exp(rate + correction), row, whiteBox: prior.total, ...prior }
  }

  #find(shape: KernelShape): { loaded: LoadedModel; missing: string[] } {
    const exact = this.#models.get(`${shape.kind}/${shape.precision}`)
    if (exact !== undefined) return { loaded: exact, missing: [] }
    for (const kind of [shape.kind, ...(substitutes[shape.kind] ?? [])]) {
      for (const [key, loaded] of this.#models) {
        if (key.startsWith(`${kind}/`))
          return { loaded, missing: [`no measurements of ${shape.kind} in ${shape.precision}`] }
      }
    }
    const [first] = this.#models.values()
    if (first === undefined) throw new Error('a predictor without models')
    return { loaded: first, missing: [`no measurements of ${shape.kind}`] }
  }
}

/** Kinds that are most alike, where a table has none of a kind. */
const substitutes: Readonly<Partial<Record<KernelKind, readonly KernelKind[]>>> = {
  'transposed-convolution': ['convolution', 'matmul'],
  depthwise: ['convolution'],
  matmul: ['convolution'],
  attention: ['matmul', 'convolution'],
  recurrent: ['matmul', 'convolution'],
  pool: ['vector', 'movement', 'depthwise'],
  vector: ['movement', 'pool', 'depthwise'],
  movement: ['vector', 'pool', 'depthwise'],
  opaque: ['vector', 'movement', 'depthwise'],
}

export interface WhiteBoxTime {
  readonly total: number
  readonly overhead: number
  readonly memory: number
  readonly compute: number
}

/** Milliseconds by the white-box model; never zero. */
export function whiteBoxOf(shape: KernelShape, processors: number, coefficients: Float64Array): WhiteBoxTime {
  const terms = whiteBoxTerms(shape, processors)
  let total = 0
  for (let i = 0; i < terms.length; i++) total += terms[i]! * coefficients[i]!
  const overhead = coefficients[0]!
  const memory = [2, 3, 4, 5].reduce((sum, i) => sum + terms[i]! * coefficients[i]!, 0)
  const floor = 1e-6
  return { total: Math.max(total, floor), overhead, memory, compute: total - overhead - memory }
}

/** One row of the regressors' table. */
export function rowOf(shape: KernelShape, processors: number, opRate: number, prior: WhiteBoxTime): Float32Array {
  const features = featuresOf(shape, processors, opRate)
  const row = new Float32Array(features.length + priorFeatures)
  row.set(features)
  row[features.length] = Math.log(prior.total)
  row[features.length + 1] = prior.overhead / prior.total
  row[features.length + 2] = prior.compute / prior.total
  return row
}

/** Fields that say how large a kernel is: outside their range in the data a prediction is extrapolation. */
export const rangeFields = [
  'batch',
  'inChannels',
  'inHeight',
  'outChannels',
  'outHeight',
  'kernelHeight',
  'kernelWidth',
  'strideHeight',
  'inputBytes',
  'outputBytes',
  'weightBytes',
  'macs',
] as const

function outside(shape: KernelShape, ranges: KernelModel['ranges']): string[] {
  const found: string[] = []
  for (const field of rangeFields) {
    const range = ranges[field]
    if (range === undefined) continue
    const value = shape[field]
    if (value < range[0] || value > range[1]) found.push(`${field} ${value} outside ${range[0]} to ${range[1]}`)
  }
  return found
}

/** What a calibration looks at, all as logarithms. */
export function calibrationFeatures(shape: KernelShape, latencyMs: number): number[] {
  const log = (value: number) => Math.log2(Math.max(1, value))
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  return [
    Math.log2(latencyMs),
    log(shape.macs),
    log(bytes),
    log(shape.inChannels),
    log(shape.batch * shape.outHeight * shape.outWidth),
    shape.kind === 'depthwise' ? 4 : 0,
    log(shape.kernelHeight * shape.kernelWidth),
    4 * shape.fused,
  ]
}

/** Squared exponential kernel over features divided by their lengths (Rasmussen and Williams, 2006, eq. 4.9). */
export function similarity(a: readonly number[], b: readonly number[], lengths: readonly number[]): number {
  let distance = 0
  for (let i = 0; i < lengths.length; i++) distance += ((a[i]! - b[i]!) / lengths[i]!) ** 2
  return Math.exp(-distance / 2)
}

function calibrator({ mean, lengths, points, weights, amplitude }: Calibration) {
  return (shape: KernelShape, latencyMs: number): number => {
    const features = calibrationFeatures(shape, latencyMs)
    let sum = mean
    for (let i = 0; i < points.length; i++) sum += weights[i]! * amplitude * similarity(features, points[i]!, lengths)
    return sum
  }
}
