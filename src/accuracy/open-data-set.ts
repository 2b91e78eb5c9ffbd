import type { Model } from '../ir/graph.js'
import { digestSamples } from './content-digest.js'
import type { DataSet } from './data-set.js'
import { fitSamples } from './input/fit-samples.js'
import { noPreprocess, type Preprocess } from './input/preprocess.js'
import { fitLabels } from './labels/fit-labels.js'
import { readLabels } from './labels/read-labels.js'
import { openStored } from './open-stored.js'

/** Samples, and the model that they are for. */
export interface DataRequest {
  /** File or folder; see docs/data.md. */
  readonly data: string
  /** File of labels; without one, those that lie with the data. */
  readonly labels?: string | undefined
  readonly preprocess?: Preprocess | undefined
  /** Whose inputs the samples become. */
  readonly model: Model
}

/**
 * Opens samples for a model. Of files nothing but names and headers is read before a batch is asked for; labels are read
 * whole. Throws UserError `not-found` or `invalid-data`: what, where, and what to do.
 */
export async function openDataSet(request: DataRequest): Promise<DataSet> {
  const { data, labels: file, preprocess = noPreprocess, model } = request
  const stored = await openStored(data, model)
  const { samples } = stored
  const { batch, batchLimit, imageSize } = await fitSamples(samples, model, preprocess)
  let labels = await readLabels(stored, file, preprocess)
  const isPlaced = labels !== undefined && labels.kind !== 'classes'
  if (isPlaced && imageSize !== undefined && samples.imageSizes !== undefined)
    labels = fitLabels(labels!, await samples.imageSizes(), imageSize, preprocess)
  let digests: Promise<readonly string[]> | undefined
  return {
    source: samples.source,
    count: samples.count,
    batch,
    batchLimit,
    imageSize,
    labels,
    nameOf: (sample) => samples.nameOf(sample),
    digests: () => (digests ??= digestSamples(samples)),
  }
}
