import { compareModels } from '../accuracy/compare-models.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import { dimsOf } from '../ir/type.js'
import type { AccuracyEntry } from '../report/report.js'
import { type JobData, openJobData } from './job-data.js'
import type { JobOptions } from './job-options.js'

/** Drop of the metric that passes where nobody says. */
export const defaultMaxDrop = 0.01

interface JudgedModel {
  readonly path: string
  readonly model: Model
}

/** Original and result on the test data. A result of other input sizes gets the same samples in its own size. */
export async function judge(
  original: JudgedModel,
  result: JudgedModel,
  data: JobData,
  options: JobOptions,
): Promise<AccuracyEntry> {
  const own = haveSameInputs(original.model, result.model) ? data : await openJobData(result.model, options)
  const { metric, maxDrop = defaultMaxDrop, threads, seed, signal, timeLimitSeconds, onStage } = options
  if (!(maxDrop >= 0)) throw new UserError('usage', '--max-drop', `${maxDrop} is no drop`, 'give a number from 0')
  return compareModels(
    { source: { path: original.path }, model: original.model, data: data.test },
    { source: { path: result.path }, model: result.model, data: own!.test },
    {
      metric,
      maxDrop,
      threads,
      seed,
      signal,
      timeLimitSeconds,
      onProgress: (done, total) => onStage?.(`judging: ${done} of ${total} samples`),
    },
  )
}

const haveSameInputs = (a: Model, b: Model): boolean => inputSizes(a) === inputSizes(b)

const inputSizes = ({ graph }: Model): string =>
  JSON.stringify(graph.inputs.map(({ type }) => dimsOf(type)?.map((dim) => (typeof dim === 'number' ? dim : 'any'))))
