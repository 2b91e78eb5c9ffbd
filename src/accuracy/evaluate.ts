import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { ModelSource } from '../runtime/session.js'
import type { DataSet } from './data-set.js'
import type { Accumulator, Metric, Scored } from './metrics/metric.js'
import { modelOutputs, type RunOptions, type SampleOutputs } from './model-outputs.js'

/** A model as it is scored: its file or bytes, its graph, and samples fitted to its inputs. */
export interface EvaluatedModel {
  readonly source: ModelSource
  readonly model: Model
  readonly data: DataSet
}

/** How a model did on a data set, by one metric. */
export interface Score extends Scored {
  readonly metric: Metric
  /** Over all samples, each counted once. */
  readonly value: number
  readonly samples: number
}

/** How a model is scored. */
export interface EvaluateOptions extends RunOptions {
  /** In the order of the scores; of several, those that are not about such outputs are left out. */
  readonly metrics: readonly Metric[]
  /** What metrics of agreement compare with; its samples are the same ones. */
  readonly reference?: EvaluatedModel | undefined
}

/**
 * Runs a model over a data set once, the reference beside it, and scores it by several metrics. Memory stays that of a batch.
 * Throws UserError where the runtime does not take the model or its inputs, or where no metric is about its outputs.
 */
export async function evaluate(
  source: ModelSource,
  model: Model,
  data: DataSet,
  options: EvaluateOptions,
): Promise<Score[]> {
  if (data.count === 0) throw new UserError('invalid-data', '', 'no samples', 'give some', data.source)
  const { reference, metrics } = options
  const needsReference = metrics.some(({ needs }) => needs === 'reference')
  const beside = needsReference && reference !== undefined ? answersOf(reference, options) : undefined
  let running: { readonly metric: Metric; readonly accumulator: Accumulator }[] | undefined
  let samples = 0
  try {
    for await (const { sample, outputs } of modelOutputs(source, model, data, options)) {
      const expected = await beside?.next()
      running ??= applicable(metrics, outputs).map((metric) => ({ metric, accumulator: metric.start() }))
      for (const { accumulator } of running) {
        accumulator.add({
          sample,
          outputs,
          reference: expected?.value?.outputs,
          labels: data.labels,
          imageSize: data.imageSize,
        })
      }
      samples += 1
    }
  } catch (error) {
    if (error instanceof UserError) error.file ??= model.file
    throw error
  } finally {
    // Ends its process.
    await beside?.return(undefined)
  }
  const ones = new Uint8Array(samples).fill(1)
  return (running ?? []).map(({ metric, accumulator }) => {
    const scored = accumulator.scored()
    return { metric, ...scored, value: scored.figure(ones), samples }
  })
}

/** The reference's answers to the same samples; progress is reported for the other model alone. */
function answersOf(
  { source, model, data }: EvaluatedModel,
  { onProgress: _, ...options }: EvaluateOptions,
): AsyncGenerator<SampleOutputs, undefined> {
  return modelOutputs(source, model, data, options) as AsyncGenerator<SampleOutputs, undefined>
}

/** The first was chosen: it says itself what is wrong with the outputs. */
function applicable(metrics: readonly Metric[], outputs: SampleOutputs['outputs']): readonly Metric[] {
  const fitting = metrics.filter((metric) => metric.appliesTo?.(outputs) ?? true)
  return fitting.length > 0 ? fitting : metrics.slice(0, 1)
}
