import { compareModels } from '../accuracy/compare-models.js'
import { summarize } from '../accuracy/compare-scores.js'
import { type EvaluatedModel, evaluate } from '../accuracy/evaluate.js'
import type { Preprocess } from '../accuracy/input/preprocess.js'
import { metricsFor } from '../accuracy/metrics/index.js'
import { openDataSet } from '../accuracy/open-data-set.js'
import { readModel } from '../import/read-model.js'
import { UserError } from '../ir/errors.js'
import type { AccuracyCheck } from '../report/accuracy-view.js'

/** What models are scored on, and how: `data`, `labels` and `metric` as on the command line. */
export interface AccuracyCheckOptions {
  readonly data: string
  readonly labels?: string | undefined
  readonly preprocess?: Preprocess | undefined
  readonly metric?: string | undefined
  readonly maxDrop?: number | undefined
  readonly seed?: number | undefined
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onStage?: ((text: string) => void) | undefined
}

/** Runs models over a data set. Throws UserError for models or data at fault, and for one model without labels. */
export async function checkAccuracy(files: readonly string[], options: AccuracyCheckOptions): Promise<AccuracyCheck> {
  const [file, ...rest] = files
  const open = async (path: string): Promise<EvaluatedModel> => {
    const model = await readModel(path)
    return { source: { path }, model, data: await openDataSet({ ...options, model }) }
  }
  const running = (name: string) => ({
    ...options,
    onProgress: (done: number, total: number) => options.onStage?.(`${name}: ${done} of ${total} samples`),
  })
  const first = await open(file!)
  const { source, count, labels } = first.data
  if (rest.length === 0) {
    if (labels === undefined) {
      const remedy = 'give --labels, or a second model to compare with'
      throw new UserError('invalid-data', '', 'no labels: one model alone has no score', remedy, source)
    }
    const metrics = metricsFor(labels, options.metric)
    const scores = await evaluate(first.source, first.model, first.data, { ...running(file!), metrics })
    return {
      data: source,
      samples: count,
      file: file!,
      scores: scores.map((score) => summarize(score, options)),
      comparisons: [],
    }
  }
  const comparisons: AccuracyCheck['comparisons'][number][] = []
  for (const path of rest)
    comparisons.push({ file: path, ...(await compareModels(first, await open(path), running(path))) })
  return { data: source, samples: count, file: file!, comparisons }
}
