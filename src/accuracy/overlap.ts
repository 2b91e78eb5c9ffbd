import { UserError } from '../ir/errors.js'
import type { DataSet } from './data-set.js'

/** Samples that two sets have in common, by content. */
export interface Overlap {
  /** Samples of the second set that are in the first. */
  readonly count: number
  /** The first few, as they are called in each set. */
  readonly examples: readonly (readonly [first: string, second: string])[]
}

const examplesShown = 3

/** Samples of `second` that are in `first` too, by content: the same picture is found in any format. */
export async function overlap(first: DataSet, second: DataSet): Promise<Overlap> {
  const places = new Map<string, number>()
  for (const [sample, digest] of (await first.digests()).entries()) if (!places.has(digest)) places.set(digest, sample)
  const shared = [...(await second.digests()).entries()].filter(([, digest]) => places.has(digest))
  const examples = shared
    .slice(0, examplesShown)
    .map(([sample, digest]) => [nameOf(first, places.get(digest)!), nameOf(second, sample)] as const)
  return { count: shared.length, examples }
}

const nameOf = (data: DataSet, sample: number): string => data.nameOf?.(sample) ?? `[${sample}]`

/** Calibration and test data never mix. Throws UserError `invalid-data` with how many samples they share, and which. */
export async function refuseOverlap(calibration: DataSet, test: DataSet): Promise<void> {
  const { count, examples } = await overlap(calibration, test)
  if (count === 0) return
  const shown = examples.map(([first, second]) => `${second} is ${first}`).join(', ')
  throw new UserError(
    'invalid-data',
    '',
    `${count} of ${test.count} samples are in ${calibration.source} too: ${shown}${count > examples.length ? ', ...' : ''}`,
    'remove them from one of the two: what was fitted to them cannot be judged by them',
    test.source,
  )
}
