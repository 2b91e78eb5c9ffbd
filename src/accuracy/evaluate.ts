import type { Model } from '../ir/graph.js'
import type { ModelSource } from '../runtime/session.js'
import type { DataSet } from './data-set.js'
import type { Metric, Scored } from './metrics/metric.js'
import { modelOutputs, type RunOptions } from './model-outputs.js'

/** How a model did on a data set, by one metric. */
export interface Score extends Scored {
  readonly metric: Metric
  /** Over all samples, each counted once. */
  readonly value: number
  readonly samples: number
}

export interface EvaluateOptions extends RunOptions {
  /** In the order of the scores. */
  readonly metrics: readonly Metric[]
}

/** Runs a model over a data set once and scores it by several metrics. Memory stays that of a batch. */
export async function evaluate(
  source: ModelSource,
  model: Model,
  data: DataSet,
  options: EvaluateOptions,
): Promise<Score[]> {
  const running = options.metrics.map((metric) => ({ metric, accumulator: metric.start() }))
  let samples = 0
  for await (const { sample, outputs } of modelOutputs(source, model, data, options)) {
    for (const { accumulator } of running)
      accumulator.add({ sample, outputs, labels: data.labels, imageSize: data.imageSize })
    samples += 1
  }
  const ones = new Uint8Array(samples).fill(1)
  return running.map(({ metric, accumulator }) => {
    const scored = accumulator.scored()
    return { metric, ...scored, value: scored.figure(ones), samples }
  })
}
