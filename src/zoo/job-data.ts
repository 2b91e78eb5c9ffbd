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

/** Samples as they were given, before any is held out. */
export interface GivenData {
  /** `--data` */
  readonly data: DataSet | undefined
  /** `--test-data`; no sample of it is in the other. */
  readonly test: DataSet | undefined
}

/**
 * Opens samples for a model's inputs. Throws UserError for data at fault, labels without data, and samples that are in both
 * sets.
 */
export async function openGivenData(model: Model, options: DataOptions): Promise<GivenData> {
  const { data: path, labels, testData, testLabels } = options
  if (labels !== undefined && path === undefined) throw withoutData('--labels', '--data')
  if (testLabels !== undefined && testData === undefined) throw withoutData('--test-labels', '--test-data')
  const preprocess = options.preprocess === undefined ? noPreprocess : readPreprocess(options.preprocess)
  const open = async (data: string | undefined, labels: string | undefined) =>
    data === undefined ? undefined : openDataSet({ data, labels, preprocess, model })
  const given = { data: await open(path, labels), test: await open(testData, testLabels) }
  if (given.data !== undefined && given.test !== undefined) await refuseOverlap(given.data, given.test)
  return given
}

/** What to fit to and what to judge by; undefined: nothing was given. Throws UserError for data that cannot be split. */
export async function jobData({ data, test }: GivenData, seed = 0): Promise<JobData | undefined> {
  if (test !== undefined) return { calibration: data, test }
  if (data === undefined) return undefined
  const { kept, heldOut } = await holdOut(data, heldOutShare, seed)
  return { calibration: kept, test: heldOut }
}

/** Both of them. */
export const openJobData = async (model: Model, options: DataOptions): Promise<JobData | undefined> =>
  jobData(await openGivenData(model, options), options.seed)

const withoutData = (flag: string, data: string) =>
  new UserError('usage', flag, `labels without samples`, `give the samples with ${data}`)
