import type { Candidate } from '../../estimator/memo-table.js'
import type { SeededRandom } from '../../runtime/random.js'
import type { Space } from '../space/space.js'

/** How often all widths are scaled at once instead of one choice being changed. */
const macroShare = 0.05

/**
 * Another candidate near this one: a choice gets another option, a width mostly the next one; every now and then several do, or
 * all widths are scaled.
 */
export function mutate(space: Space, candidate: Candidate, random: SeededRandom): Candidate {
  if (random.uniform() < macroShare) return space.depthMultiplier(candidate, 0.4 + 0.8 * random.uniform())
  const copy = candidate.slice()
  do {
    const choice = random.integer(0, copy.length - 1)
    copy[choice] = otherOption(space, choice, copy[choice]!, random)
  } while (random.uniform() < 0.4)
  return space.canonical(copy)
}

function otherOption(space: Space, choice: number, option: number, random: SeededRandom): number {
  const open = space.openOptions[choice]!
  const at = open.indexOf(option)
  // A width of which nothing was left may stand at a closed option.
  if (at < 0) return open[random.integer(0, open.length - 1)]!
  if (open.length < 2) return option
  if (space.choices[choice]!.kind === 'width' && random.uniform() < 0.6) {
    const next = at + (random.uniform() < 0.5 ? -1 : 1)
    if (next >= 0 && next < open.length) return open[next]!
  }
  const drawn = random.integer(0, open.length - 2)
  return open[drawn < at ? drawn : drawn + 1]!
}
