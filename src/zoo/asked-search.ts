import { UserError } from '../ir/errors.js'
import { parseBudgets } from '../search/budgets.js'
import { readExpert } from '../search/expert/expert-file.js'
import { type SpacePart, spaceParts } from '../search/open-space.js'
import { buildingAlgorithms, type SearchAlgorithm } from '../search/request.js'
import type { SearchOptions } from './search-recipe.js'

/** A search as flags and manifests ask for it. */
export interface AskedSearch {
  readonly search?: 'none' | SearchAlgorithm | undefined
  /** `widths,blocks`. */
  readonly space?: string | undefined
  /** `latency=2ms,memory=900KB,weights=70%`. */
  readonly budget?: string | undefined
  readonly evaluations?: number | undefined
  /** A file of constraints. */
  readonly expert?: string | undefined
  /** Files of models that share the device. */
  readonly coResident?: readonly string[] | undefined
  readonly recipe?: unknown
  /** Samples: with them and without a recipe a search is what is expected. */
  readonly data?: string | undefined
  /** Folder of what a search on data measured. */
  readonly cache?: string | undefined
  readonly resume?: boolean | undefined
  /** Seconds after which a search on data ends with the best so far. */
  readonly searchTime?: number | undefined
}

export const searchAlgorithms: readonly ('none' | SearchAlgorithm)[] = [
  'none',
  ...buildingAlgorithms,
  'exact',
  'evolution',
]

/** What a search may change where nobody says. */
export const defaultSpace = 'widths,blocks'

/** The options as a job takes them; undefined: nothing is to be searched. Throws UserError `usage`, or for the file of constraints. */
export function searchOf(asked: AskedSearch): SearchOptions | undefined {
  const { space = defaultSpace, budget, evaluations, expert, coResident = [], recipe } = asked
  const isDefault = asked.search === undefined
  const search = asked.search ?? (asked.data !== undefined && recipe === undefined ? 'auto' : 'none')
  if (search === 'none') {
    const [given] = [budget && '--budget', expert && '--expert', coResident[0] && '--co-resident'].filter(
      (flag) => flag,
    )
    if (given !== undefined)
      throw new UserError('usage', given, 'nothing is searched', 'say how with --search auto, exact or evolution')
    return undefined
  }
  if (recipe !== undefined && search === 'exact')
    throw new UserError('usage', '--recipe', 'an exact search begins with nothing', 'leave it out, or use evolution')
  if (evaluations !== undefined && !(Number.isInteger(evaluations) && evaluations > 0))
    throw new UserError('usage', '--evaluations', `${evaluations} is no count`, 'give a whole number from 1')
  const budgets = budget === undefined ? [] : parseBudgets(budget)
  return {
    algorithm: search,
    isDefault,
    cache: asked.cache,
    resume: asked.resume,
    seconds: secondsOf(asked.searchTime),
    parts: partsOf(space),
    budgets,
    evaluations,
    ...(expert !== undefined && { expert: readExpert(expert) }),
    ...(coResident.length > 0 && { coResidents: coResident }),
  }
}

function secondsOf(time: number | undefined): number | undefined {
  if (time === undefined || time > 0) return time
  throw new UserError('usage', '--search-time', `${time} is no time`, 'give seconds, more than 0')
}

function partsOf(text: string): SpacePart[] {
  return text.split(',').map((name) => {
    const part = spaceParts.find((each) => each === name.trim())
    if (part === undefined)
      throw new UserError('usage', '--space', `no part "${name}" of a search space`, `use ${spaceParts.join(', ')}`)
    return part
  })
}
