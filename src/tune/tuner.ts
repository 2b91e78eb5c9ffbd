import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import type { FittedLayer } from '../passes/architecture/rewritten.js'
import type { Runtime } from '../runtime/session.js'
import type { TuneEffort } from './effort.js'
import type { TeacherRows } from './teacher-rows.js'

export interface TuneRequest {
  /** The original; it is not changed. */
  readonly teacher: Model
  /** Its weights are changed in place. */
  readonly student: Model
  /** What the student's values stand for in the teacher. */
  readonly correspondence: Correspondence
  /** Layers of the student with new weights, in execution order. */
  readonly fitted: readonly FittedLayer[]
  /** Samples to fit to; labels are not looked at. */
  readonly data: DataSet
  /** Progress counts layers. */
  readonly options: RunOptions
  /** What the original computes for those samples, kept over several fits; default: gathered for this one. */
  readonly teacherRows?: TeacherRows | undefined
  /** What runs models; it stays open. Default: one of its own. */
  readonly runtime?: Runtime | undefined
  /** Default: full. */
  readonly effort?: TuneEffort | undefined
}

export interface TuneReport {
  readonly layers: readonly TunedLayer[]
}

/** A layer whose weights were solved for. */
export interface TunedLayer {
  /** Label of its node. */
  readonly layer: string
  /** Value of the original it was fitted to. */
  readonly target: string
  /** Ridge over the mean diagonal of the Gram matrix. */
  readonly regularisation: number
  /** Condition number of the regularised Gram matrix. */
  readonly conditioning: number
}

/** Gives rewritten layers new weights. */
export type Tuner = (request: TuneRequest) => Promise<TuneReport>
