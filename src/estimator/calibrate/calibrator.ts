import type { KernelShape } from '../../hw/shape.js'
import type { Calibration, CalibrationMember, ScaledBase, StructuredBase } from './calibration.js'
import { residualAt, residualFeatures } from './gaussian-process.js'
import { structureLatency, structureTerms } from './structure.js'

/** Which parameters of a structured base a kernel has. */
export const groupOf = ({ kind, precision }: KernelShape): string => `${kind}/${precision}`

/** Applies a calibration. */
export class Calibrator {
  readonly #members: readonly CalibrationMember[]
  readonly #hasStructure: boolean
  readonly #hasResidual: boolean

  constructor({ members }: Calibration) {
    this.#members = members
    this.#hasStructure = members.some(({ base }) => base.kind === 'structured')
    this.#hasResidual = members.some(({ residual }) => residual !== null)
  }

  /** Milliseconds on the sibling of a kernel that takes `ownMs` by the predictor itself. */
  latencyMs(shape: KernelShape, ownMs: number): number {
    const terms = this.#hasStructure ? structureTerms(shape) : undefined
    const features = this.#hasResidual ? residualFeatures(shape) : undefined
    let sum = 0
    for (const { weight, base, residual } of this.#members) {
      let log = Math.log(base.kind === 'scaled' ? scaled(base, shape, ownMs) : structured(base, shape, terms!, ownMs))
      if (residual !== null) log += residualAt(residual, features!)
      sum += weight * log
    }
    return Math.exp(sum)
  }
}

const scaled = ({ factors, otherFactor, perCallMs }: ScaledBase, { kind }: KernelShape, ownMs: number): number =>
  ownMs * (factors[kind] ?? otherFactor) + perCallMs

function structured(
  { parameters, otherFactor }: StructuredBase,
  shape: KernelShape,
  terms: Float64Array,
  ownMs: number,
): number {
  const found = parameters[groupOf(shape)]
  return found === undefined ? ownMs * otherFactor : structureLatency(terms, found)
}
