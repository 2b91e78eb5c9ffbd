import { readFileSync } from 'node:fs'
import type { KernelKind, KernelShape } from '../hw/shape.js'
import type { Precision } from '../hw/target.js'
import { UserError } from '../ir/errors.js'
import { readJson } from '../ir/json-file.js'
import { type EncodedTrees, Ensemble } from './boosting/ensemble.js'
import type { Calibration } from './calibrate/calibration.js'
import { Calibrator } from './calibrate/calibrator.js'
import { type Correction, Corrector } from './correction.js'
import type { ErrorSummary } from './fit/statistics.js'
import type { Interaction } from './interaction.js'
import { type OperatorModel, OperatorPredictor, operatorKey } from './operator-model.js'
import type { Parallelism } from './parallelism.js'
import { asKind, substitutes } from './substitute.js'
import { rowWidth, WhiteBox } from './white-box.js'

/** Changes with the format and with what the trees see. */
export const predictorVersion = 3

/** A fitted latency predictor: data without code, with where it came from. */
export interface PredictorFile {
  readonly predictorVersion: typeof predictorVersion
  readonly name: string
  readonly device: string
  /** What the device computes side by side: multiprocessors of a GPU, 1 where it is not known. */
  readonly processors: number
  /** The table it was fitted to. */
  readonly data: { readonly file: string; readonly sha256: string; readonly rows: number; readonly source: string }
  /** ISO date of the fit. */
  readonly fitted: string
  readonly models: readonly KernelModel[]
  /** Models of single operators: where there is one for a kernel it has its share of the prediction. */
  readonly operators?: readonly OperatorModel[]
  /** What kernels cost together beyond their sum; absent: nothing. */
  readonly interaction?: Interaction
  /** Channels that the device takes at once; left out where latency has no steps. */
  readonly parallelism?: Parallelism
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
  /** Logarithm of measured over white-box time. */
  readonly correction: Correction
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

/** Latency of a kernel, and its 90 % interval. */
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

const loaded = new Map<string, Predictor>()

/** The predictor that a target names: one that comes with the program, or a `.json` file. */
export function loadPredictor(name: string): Predictor {
  let predictor = loaded.get(name)
  if (predictor === undefined) {
    const url = new URL(`./predictors/${name}.json`, import.meta.url)
    predictor = name.endsWith('.json')
      ? readPredictor(name)
      : new Predictor(checkVersion(JSON.parse(readFileSync(url, 'utf8')), `${name}.json`))
    loaded.set(name, predictor)
  }
  return predictor
}

/** A predictor from a file of the user's. */
export const readPredictor = (file: string): Predictor =>
  new Predictor(checkVersion(readJson(file, 'check the path given to --predictor'), file))

function checkVersion(value: unknown, file: string): PredictorFile {
  const given = value as Partial<PredictorFile> | null
  if (given?.predictorVersion !== predictorVersion || !Array.isArray(given.models) || given.models.length === 0) {
    const found = JSON.stringify(given?.predictorVersion) ?? 'nothing'
    const remedy = 'write one with optimize fit table.csv --out predictor.json'
    throw new UserError(
      'invalid-data',
      '/predictorVersion',
      `expected ${predictorVersion}, found ${found}`,
      remedy,
      file,
    )
  }
  return given as PredictorFile
}

/** What an operator's model and its kind's say, by their shares. */
const together = (operator: OperatorPredictor | undefined, shape: KernelShape, byKindMs: number): number =>
  operator === undefined
    ? byKindMs
    : operator.latencyMs(shape) ** operator.model.share * byKindMs ** (1 - operator.model.share)

/** Predicts kernels of any kind it has a model for; of others with the nearest kind, flagged. */
export class Predictor {
  readonly file: PredictorFile
  readonly #models = new Map<KernelKind, Map<Precision, LoadedModel>>()
  readonly #operators = new Map<string, OperatorPredictor>()
  readonly #calibrator: Calibrator | undefined

  constructor(file: PredictorFile) {
    this.file = file
    for (const model of file.models) {
      const ofKind = this.#models.get(model.kind) ?? new Map<Precision, LoadedModel>()
      ofKind.set(model.precision, new LoadedModel(model, file.processors))
      this.#models.set(model.kind, ofKind)
    }
    for (const model of file.operators ?? []) this.#operators.set(operatorKey(model), new OperatorPredictor(model))
    if (file.calibration !== undefined) this.#calibrator = new Calibrator(file.calibration)
  }

  get precisions(): Precision[] {
    return [...new Set(this.file.models.map(({ precision }) => precision))]
  }

  /** Milliseconds of one run, without interval: what a search asks for. */
  latencyMs(shape: KernelShape): number {
    const operator = this.#operator(shape)
    const own =
      operator?.model.share === 1
        ? operator.latencyMs(shape)
        : together(operator, shape, this.#model(shape).latencyMs(shape))
    return this.#calibrator?.latencyMs(shape, own) ?? own
  }

  #operator(shape: KernelShape): OperatorPredictor | undefined {
    const operator = this.#operators.size === 0 ? undefined : this.#operators.get(operatorKey(shape))
    return operator?.covers(shape) === true ? operator : undefined
  }

  #model(shape: KernelShape): LoadedModel {
    return this.#models.get(shape.kind)?.get(shape.precision) ?? this.#substitute(shape)
  }

  /** What bounds a kernel is told by its kind's white box, also where its operator has a model of its own. */
  predict(shape: KernelShape): Prediction {
    const operator = this.#operator(shape)
    const model = this.#model(shape)
    const byKind = model.latencyMs(shape)
    const own = together(operator, shape, byKind)
    const latencyMs = this.#calibrator?.latencyMs(shape, own) ?? own
    const isMeasured = this.#models.get(shape.kind)?.has(shape.precision) === true
    const outOfRange = isMeasured ? model.outside(shape) : [`no measurements of ${shape.kind} in ${shape.precision}`]
    const half = this.file.calibration?.halfWidth ?? operator?.model.halfWidth ?? model.halfWidth()
    // Outside its data a model knows less than its residuals say.
    const width = Math.exp(outOfRange.length > 0 ? 2 * half : half)
    const { totalMs, overheadMs, memoryMs } = model.base
    return {
      latencyMs,
      lowMs: latencyMs / width,
      highMs: latencyMs * width,
      outOfRange,
      overheadShare: overheadMs / totalMs,
      memoryShare: memoryMs / totalMs,
    }
  }

  /** The model of the kind most alike; in the same precision if there is one. */
  #substitute({ kind, precision }: KernelShape): LoadedModel {
    const kinds = [kind, ...(substitutes[kind] ?? []), ...this.#models.keys()]
    for (const candidate of kinds) {
      const ofKind = this.#models.get(candidate)
      if (ofKind !== undefined) return ofKind.get(precision) ?? [...ofKind.values()][0]!
    }
    throw new Error('a predictor without models')
  }
}

/** The model of one kind and precision, ready to predict. Holds what the last shape came to. */
class LoadedModel {
  readonly base: WhiteBox
  readonly #corrector: Corrector
  readonly #spread: Ensemble | undefined
  readonly #intervalFactor: number
  readonly #ranges: Float64Array
  readonly #kind: KernelKind
  #row = new Float32Array(0)

  constructor(model: KernelModel, processors: number) {
    const rates = new Map(Object.entries(model.opRates))
    this.base = new WhiteBox(processors, Float64Array.from(model.whiteBox), rates)
    this.#corrector = new Corrector(model.correction)
    this.#spread = model.spread === null ? undefined : new Ensemble(model.spread)
    this.#intervalFactor = model.intervalFactor
    this.#ranges = Float64Array.from(
      rangeFields.flatMap((field) => model.ranges[field] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]),
    )
    this.#kind = model.kind
  }

  latencyMs(shape: KernelShape): number {
    // A substitute sees the shape as one of its own kind: its trees know no other features.
    const own = asKind(shape, this.#kind)
    if (this.#row.length === 0) this.#row = new Float32Array(rowWidth(own))
    const prior = this.base.evaluate(own)
    this.base.writeRow(own, this.#row)
    return Math.exp(prior + this.#corrector.at(own, this.#row))
  }

  /** Half the 90 % interval of the logarithm for the last shape. */
  halfWidth(): number {
    return this.#intervalFactor * (this.#spread === undefined ? 1 : Math.exp(this.#spread.predict(this.#row)))
  }

  outside(shape: KernelShape): string[] {
    const found: string[] = []
    const ranges = this.#ranges
    for (let i = 0; i < rangeFields.length; i++) {
      const field = rangeFields[i]!
      const value = shape[field]
      const low = ranges[2 * i]!
      const high = ranges[2 * i + 1]!
      if (value < low || value > high) found.push(`${field} ${value} outside ${low} to ${high}`)
    }
    return found
  }
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
  'groups',
  'fused',
  'inputBytes',
  'outputBytes',
  'weightBytes',
  'macs',
] as const
