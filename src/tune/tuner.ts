import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import type { FittedLayer } from '../passes/architecture/rewritten.js'

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
  readonly options: RunOptions
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

/** How `--tune` calls them; each is loaded when it is asked for. The version is part of what cached results depend on. */
export const tuners: Readonly<Record<string, { readonly version: number; load(): Promise<Tuner> }>> = {
  'closed-form': { version: 1, load: async () => (await import('./closed-form.js')).tuneClosedForm },
}

export const tunerNames = (): string[] => ['none', ...Object.keys(tuners)]

/** What refits where there are samples and nobody says how. */
export const defaultTuner = (): string => Object.keys(tuners)[0] ?? 'none'

export interface LoadedTuner {
  readonly name: string
  readonly version: number
  readonly tune: Tuner
}

/** undefined for `none`. Throws UserError `usage` for a name that is none of them. */
export async function loadTuner(name: string): Promise<LoadedTuner | undefined> {
  if (name === 'none') return undefined
  const found = tuners[name]
  if (found === undefined) {
    throw new UserError('usage', '--tune', `no tuner "${name}"`, `use one of ${tunerNames().join(', ')}`)
  }
  return { name, version: found.version, tune: await found.load() }
}
