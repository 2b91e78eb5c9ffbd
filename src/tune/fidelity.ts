import type { DataSet } from '../accuracy/data-set.js'
import { cosineSimilarity, divergence, expectedDrop } from '../accuracy/metrics/agreement.js'
import type { Accumulator, Metric } from '../accuracy/metrics/metric.js'
import type { RunOptions, SampleOutputs } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import type { Tensor } from '../ir/tensor.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import type { ShownValue } from '../passes/architecture/recipe.js'
import { NoiseToSignal } from './noise.js'
import { sideBySide, type TwoRuntimes } from './side-by-side.js'

/** How far a rewritten model is from the original, on samples that its weights were not fitted to. */
export interface Fidelity {
  /** Noise to signal at each value where the change shows; see `NoiseToSignal`. */
  readonly noise: readonly { readonly at: string; readonly nsr: number }[]
  /** Of all outputs of a sample as one vector; mean over samples. */
  readonly cosine: number
  /** Mean over samples, in nats, of the outputs as distributions over classes; null: they are none. */
  readonly kl: number | null
  /** Of top-1 accuracy, as the original's own scores have it; null: outputs are no scores of classes. */
  readonly expectedDrop: number | null
  /** The task's metric, on the same samples; null without labels. */
  readonly metric: { readonly name: string; readonly before: number; readonly after: number } | null
  readonly samples: number
}

/** Mean over the values where a change shows; null: it was measured nowhere. */
export const meanNoise = (fidelity: Fidelity | null): number | null =>
  fidelity === null || fidelity.noise.length === 0
    ? null
    : fidelity.noise.reduce((sum, { nsr }) => sum + nsr, 0) / fidelity.noise.length

/** A model that answers, and the samples as it takes them. */
export interface Reference {
  readonly model: Model
  readonly data: DataSet
}

export interface FidelityRequest {
  /** The original, at the student's resolution. */
  readonly teacher: Model
  readonly student: Model
  readonly correspondence: Correspondence
  /** Values of the student, and those of the original that they are compared with. */
  readonly places: readonly ShownValue[]
  /** Held out from the fit. */
  readonly data: DataSet
  /** Of those that need the labels of `data`. */
  readonly metric?: Metric | undefined
  /** The original at its own resolution, and the same samples: outputs are compared with its outputs. Default: those of the teacher. */
  readonly reference?: Reference | undefined
}

/**
 * Runs the models over the samples, side by side. Throws UserError where the runtime does not take one of them. `runtimes`: for
 * originals and for the student; default: their own.
 */
export async function measureFidelity(
  request: FidelityRequest,
  options: RunOptions = {},
  runtimes?: TwoRuntimes,
): Promise<Fidelity> {
  const { teacher, student, correspondence, data, metric, reference } = request
  const known = new Set([...valuesOf(teacher.graph)].map(({ name }) => name))
  const places = request.places
    .filter(({ at }) => known.has(at))
    .map(({ at, value }) => ({
      at,
      value: value.name,
      positions: correspondence.of(value)?.positions,
      noise: new NoiseToSignal(),
    }))
  const agreement = new Agreement(
    teacher.graph.outputs.map(({ name }) => name),
    reference?.data ?? data,
    data,
    metric,
  )
  const own = { model: student, values: places.map(({ value }) => value), data }
  if (reference === undefined || places.length > 0) {
    const pairs = sideBySide({ model: teacher, values: places.map(({ at }) => at), data }, own, options, runtimes)
    for await (const [expected, found] of pairs) {
      for (const { at, value, positions, noise } of places)
        noise.add(expected.outputs.get(at)!, found.outputs.get(value)!, positions)
      if (reference === undefined) agreement.add(expected, found)
    }
  }
  if (reference !== undefined) {
    const pairs = sideBySide({ ...reference, values: [] }, { ...own, values: [] }, options, runtimes)
    for await (const [expected, found] of pairs) agreement.add(expected, found)
  }
  return { noise: places.map(({ at, noise }) => ({ at, nsr: noise.nsr })), ...agreement.figures() }
}

/** Metrics over the outputs that the model itself has. */
class Agreement {
  readonly #names: readonly string[]
  readonly #expected: DataSet
  readonly #found: DataSet
  readonly #metric: Metric | undefined
  readonly #cosine = cosineSimilarity.start()
  readonly #before: Accumulator | undefined
  readonly #after: Accumulator | undefined
  /** Of outputs that are scores of classes. */
  #ofClasses: { readonly divergence: Accumulator; readonly expectedDrop: Accumulator } | undefined
  #samples = 0

  /** `expected`, `found`: the samples as the two models take them. */
  constructor(names: readonly string[], expected: DataSet, found: DataSet, metric: Metric | undefined) {
    this.#names = names
    this.#expected = expected
    this.#found = found
    this.#metric = metric
    this.#before = metric?.start()
    this.#after = metric?.start()
  }

  add(expected: SampleOutputs, found: SampleOutputs): void {
    const reference = this.#own(expected)
    const outputs = this.#own(found)
    const asIn = ({ labels, imageSize }: DataSet) => ({ sample: found.sample, labels, imageSize })
    const sample = asIn(this.#found)
    if (this.#samples === 0 && divergence.appliesTo?.(reference))
      this.#ofClasses = { divergence: divergence.start(), expectedDrop: expectedDrop.start() }
    this.#samples += 1
    this.#cosine.add({ ...sample, outputs, reference })
    this.#ofClasses?.divergence.add({ ...sample, outputs, reference })
    this.#ofClasses?.expectedDrop.add({ ...sample, outputs, reference })
    this.#before?.add({ ...asIn(this.#expected), outputs: reference })
    this.#after?.add({ ...sample, outputs })
  }

  figures(): Pick<Fidelity, 'cosine' | 'kl' | 'expectedDrop' | 'metric' | 'samples'> {
    const ones = new Uint8Array(this.#samples).fill(1)
    const figure = (accumulator: Accumulator) => accumulator.scored().figure(ones)
    return {
      cosine: figure(this.#cosine),
      kl: this.#ofClasses === undefined ? null : figure(this.#ofClasses.divergence),
      expectedDrop: this.#ofClasses === undefined ? null : figure(this.#ofClasses.expectedDrop),
      metric:
        this.#metric === undefined || this.#before === undefined || this.#after === undefined
          ? null
          : { name: this.#metric.id, before: figure(this.#before), after: figure(this.#after) },
      samples: this.#samples,
    }
  }

  #own({ outputs }: SampleOutputs): ReadonlyMap<string, Tensor> {
    return new Map(this.#names.map((name) => [name, outputs.get(name)!]))
  }
}
