import type { KernelKind, Precision } from '../hw/shape.js'
import type { Target } from '../hw/target.js'
import type { Metrics } from './metrics.js'
import { type KernelModel, loadPredictor } from './predictor.js'

/** How far the figures of a target can be trusted. */
export type EstimatorStanding =
  /** Arithmetic from the target's description: one figure, without an interval. */
  { readonly kind: 'cycle-model' } | PredictorStanding

/** A predictor fitted to measurements: what it was fitted to, and its errors on shapes and networks it had not seen. */
export interface PredictorStanding {
  readonly kind: 'predictor'
  readonly device: string
  readonly data: { readonly file: string; readonly sha256: string; readonly rows: number; readonly source: string }
  /** ISO date. */
  readonly fitted: string
  /** Whole networks left out; null: none were measured. */
  readonly networks: { readonly count: number; readonly halfWidth90: number } | null
  /** Of the kinds of kernel that occur. */
  readonly models: readonly ModelStanding[]
}

export interface ModelStanding {
  readonly kernel: KernelKind
  readonly precision: Precision
  readonly rows: number
  readonly families: number
  readonly method: string
  /** Mean absolute error, per cent; of a straight line through the MACs on the same split. */
  readonly mape: number
  readonly macsMape: number
  readonly within10: number
  /** Share of measurements inside the 90 % interval. */
  readonly coverage90: number
}

export function standingOf(target: Target, metrics: readonly Metrics[]): EstimatorStanding {
  if (target.kind !== 'measured') return { kind: 'cycle-model' }
  const { device, data, fitted, interaction, models } = loadPredictor(target.predictor).file
  const kinds = new Set(metrics.flatMap(({ kernels }) => kernels.map(({ kind }) => kind)))
  const formats = new Set(metrics.map(({ precision }) => precision))
  const occurs = ({ kind, precision }: KernelModel) => kinds.has(kind) && formats.has(precision)
  return {
    kind: 'predictor',
    device,
    data,
    fitted,
    networks:
      interaction === undefined
        ? null
        : { count: interaction.networks, halfWidth90: Math.expm1(interaction.halfWidth) },
    models: models.filter(occurs).map(modelStanding),
  }
}

const modelStanding = ({ kind, precision, rows, families, method, validation }: KernelModel): ModelStanding => ({
  kernel: kind,
  precision,
  rows,
  families,
  method,
  mape: validation.mape,
  macsMape: validation.macsLine.mape,
  within10: validation.within10,
  coverage90: validation.coverage90,
})
