import { UserError } from '../ir/errors.js'
import { SeededRandom } from '../runtime/random.js'
import type { DataSet } from './data-set.js'
import { selectSamples } from './select-samples.js'

/** Two parts of a set without a sample in common. */
export interface Split {
  readonly kept: DataSet
  readonly heldOut: DataSet
}

/**
 * Holds a share of a set out, of every class the same share where classes are known, as near as whole samples allow. Samples of
 * equal content stay together. The same seed splits the same set alike. Throws UserError `invalid-data` where one part would
 * be empty.
 */
export async function holdOut(data: DataSet, share: number, seed: number): Promise<Split> {
  const digests = await data.digests()
  const random = new SeededRandom(seed)
  const all = Array.from({ length: data.count }, (_, sample) => sample)
  const families = groupBy(all, (sample) => digests[sample]!)
  const heldOut = new Set<number>()
  // What is owed to the part held out; it travels from class to class, so that classes of one sample count too.
  let owed = random.uniform()
  for (const stratum of groupBy(families, (family) => classOf(data, family[0]!))) {
    for (const family of random.shuffled(stratum)) {
      owed += share * family.length
      if (owed < 1) continue
      owed -= family.length
      for (const sample of family) heldOut.add(sample)
    }
  }
  const [kept, out] = [all.filter((sample) => !heldOut.has(sample)), all.filter((sample) => heldOut.has(sample))]
  if (kept.length === 0 || out.length === 0) {
    const what = `${data.count} samples cannot be split ${Math.round(100 * (1 - share))} to ${Math.round(100 * share)}`
    throw new UserError('invalid-data', '', what, 'give more samples, or test data of their own', data.source)
  }
  return { kept: selectSamples(data, kept), heldOut: selectSamples(data, out) }
}

/** One class for all where none are known. */
const classOf = ({ labels }: DataSet, sample: number): number =>
  labels?.kind === 'classes' ? labels.classes[sample]! : 0

/** Groups in the order in which their first items come. */
function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Item[][] {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}
