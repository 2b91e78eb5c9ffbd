import type { DataSet } from '../accuracy/data-set.js'
import { holdOut } from '../accuracy/hold-out.js'
import { UserError } from '../ir/errors.js'
import { volume } from '../ir/tensor.js'

/** What a search fits to and measures on: no sample is in both, and none of either is in the data for the last judgement. */
export interface SearchSamples {
  /** What many candidates are fitted to. */
  readonly brief: DataSet
  /** What the few are fitted to that may win. */
  readonly full: DataSet
  readonly measured: DataSet
}

/** Share of the calibration data that candidates are measured on. */
const measuredShare = 0.2

/** Numbers that go into the model, over all samples: of small images more are looked at than of large ones. */
const [briefNumbers, measuredNumbers, fullNumbers] = [15e6, 10e6, 60e6]

/** Samples that are looked at however large they are, and however small. */
const [fewest, most] = [48, 1500]

/** Fewer than this say nothing of what is lost. */
export const leastSamples = 20

/**
 * Splits calibration data, of every class the same share. `numbers`: of a sample, as the model takes it; default: as `calibration`
 * gives it. The same samples in other sizes are split alike if they are said to have as many. Throws UserError `invalid-data` where
 * there are too few.
 */
export async function searchSamples(calibration: DataSet, seed: number, numbers?: number): Promise<SearchSamples> {
  if (calibration.count < leastSamples) {
    const what = `${calibration.count} samples are too few to search on`
    const remedy = `give ${leastSamples} or more, or search by estimates with --search exact or evolution`
    throw new UserError('invalid-data', '--data', what, remedy, calibration.source)
  }
  const each = numbers ?? (await numbersOf(calibration))
  const count = (all: number) => Math.min(most, Math.max(fewest, Math.round(all / each)))
  const { kept, heldOut } = await holdOut(calibration, measuredShare, seed)
  return {
    brief: await some(kept, count(briefNumbers), seed),
    full: await some(kept, count(fullNumbers), seed),
    measured: await some(heldOut, count(measuredNumbers), seed),
  }
}

/** How many numbers a sample has as its model takes it. */
export async function numbersOf(data: DataSet): Promise<number> {
  const first = await data.batch([0])
  return [...first.values()].reduce((sum, { dims }) => sum + volume(dims), 0)
}

async function some(data: DataSet, wanted: number, seed: number): Promise<DataSet> {
  return data.count <= wanted ? data : (await holdOut(data, wanted / data.count, seed)).heldOut
}
