/** Correction of a predictor to a sibling device: data without code, applied by `Calibrator`. */
export interface Calibration {
  readonly device: string
  /** What was measured on it: single kernels, or whole models. */
  readonly unit: 'kernels' | 'models'
  readonly rows: number
  readonly data: { readonly file: string; readonly sha256: string }
  /** The corrected latency is the weighted geometric mean of the members'; weights sum to 1. */
  readonly members: readonly CalibrationMember[]
  /** Factor of what the predictor adds to its kernels for a whole model: a call, traffic between them. */
  readonly restFactor: number
  /** Half the 90 % interval of the logarithm, from rows left out. */
  readonly halfWidth: number
  /** Median absolute logarithm of measured over predicted on rows left out: of each candidate, and of the predictor as it was. */
  readonly candidates: Readonly<Record<string, number>>
}

export interface CalibrationMember {
  readonly method: string
  readonly weight: number
  readonly base: ScaledBase | StructuredBase
  /** What is added to the logarithm of the base; null: nothing. */
  readonly residual: ResidualProcess | null
}

/** The predictor's own latency times a factor for each kind of kernel, and a time for each call. */
export interface ScaledBase {
  readonly kind: 'scaled'
  readonly factors: Readonly<Record<string, number>>
  /** For kinds without a factor of their own. */
  readonly otherFactor: number
  readonly perCallMs: number
}

/** A roofline of the sibling's own; see `structureLatency`. Kernels without parameters are scaled. */
export interface StructuredBase {
  readonly kind: 'structured'
  /** By `kind/precision`: logarithms of the parameters, in the order of `parameterNames`. */
  readonly parameters: Readonly<Record<string, readonly number[]>>
  readonly otherFactor: number
}

/** Gaussian process over `residualFeatures`: sum of weights[i] * covariance(x, points[i]). */
export interface ResidualProcess {
  readonly points: readonly (readonly number[])[]
  readonly weights: readonly number[]
}
