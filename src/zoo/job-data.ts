import type { DataSet } from '../accuracy/data-set.js'
import { holdOut } from '../accuracy/hold-out.js'
import { noPreprocess, readPreprocess } from '../accuracy/input/preprocess.js'
import { openDataSet } from '../accuracy/open-data-set.js'
import { refuseOverlap } from '../accuracy/overlap.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'

/** Where a job's samples are, and what its result is judged by. */
export interface DataOptions {
  readonly data?: string | undefined
  readonly labels?: string | undefined
  readonly testData?: string | undefined
  readonly testLabels?: string | undefined
  /** A preset or a file. */
  readonly preprocess?: string | undefined
  readonly seed?: number | undefined
}

/** Samples of a job: some to fit weights to, others to judge the result by. */
export interface JobData {
  /** undefined: only test data were given. */
  readonly calibration: DataSet | undefined
  /** None of it is in the other. */
  readonly test: DataSet
}

/** Part of `--data` that is held out where there are no test data. */
const heldOutShare = 0.2

/**
 * Opens samples for a model's inputs; undefined: none were given. Throws UserError for data at fault, labels without data, and
 * samples that are in both sets.
 */
export async function openJobData(model: Model, options: DataOptions): Promise<JobData | undefined> {
  const { data, labels, testData, testLabels, seed = 0 } = options
  if (labels !== undefined && data === undefined) throw withoutData('--labels', '--data')
  if (testLabels !== undefined && testData === undefined) throw withoutData('--test-labels', '--test-data')
  const preprocess = options.preprocess === undefined ? noPreprocess : readPreprocess(options.preprocess)
  const all = data === undefined ? undefined : await openDataSet({ data, labels, preprocess, model })
  if (testData !== undefined) {
    const test = await openDataSet({ data: testData, labels: testLabels, preprocess, model })
    if (all !== undefined) await refuseOverlap(all, test)
    return { calibration: all, test }
  }
  if (all === undefined) return undefined
  const { kept, heldOut } = await holdOut(all, heldOutShare, seed)
  return { calibration: kept, test: heldOut }
}

const withoutData = (flag: string, data: string) =>
  new UserError('usage', flag, `labels without samples`, `give the samples with ${data}`)
