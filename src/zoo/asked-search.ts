import { UserError } from '../ir/errors.js'
import { parseBudgets } from '../search/budgets.js'
import { readExpert } from '../search/expert/expert-file.js'
import type { SpacePart } from '../search/open-space.js'
import type { GuessedAlgorithm } from '../search/request.js'
import type { SearchOptions } from './search-recipe.js'

/** A search as flags and manifests ask for it. */
export interface AskedSearch {
  readonly search?: 'none' | GuessedAlgorithm | undefined
  /** `widths,blocks`. */
  readonly space?: string | undefined
  /** `latency=2ms,memory=900KB,weights=70%`. */
  readonly budget?: string | undefined
  readonly evaluations?: number | undefined
  /** A file of constraints. */
  readonly expert?: string | undefined
  readonly recipe?: unknown
}

export const searchAlgorithms: readonly ('none' | GuessedAlgorithm)[] = ['none', 'exact', 'evolution']

const parts: readonly SpacePart[] = ['widths', 'blocks']

/** All that a search may change. */
export const defaultSpace = parts.join(',')

/** Candidates that an evolution may score. */
export const defaultEvaluations = 100_000

/** The options as a job takes them; undefined: nothing is to be searched. Throws UserError `usage`, or for the file of constraints. */
export function searchOf(asked: AskedSearch): SearchOptions | undefined {
  const { search = 'none', space = defaultSpace, budget, evaluations = defaultEvaluations, expert, recipe } = asked
  if (search === 'none') {
    const given = budget !== undefined ? '--budget' : expert !== undefined ? '--expert' : undefined
    if (given !== undefined)
      throw new UserError('usage', given, 'nothing is searched', 'say how with --search exact or --search evolution')
    return undefined
  }
  if (recipe !== undefined)
    throw new UserError('usage', '--search', 'the recipe is given already', 'give --recipe or --search, not both')
  if (!(Number.isInteger(evaluations) && evaluations > 0))
    throw new UserError('usage', '--evaluations', `${evaluations} is no count`, 'give a whole number from 1')
  const budgets = budget === undefined ? [] : parseBudgets(budget)
  return {
    algorithm: search,
    parts: partsOf(space),
    budgets,
    evaluations,
    ...(expert !== undefined && { expert: readExpert(expert) }),
  }
}

function partsOf(text: string): SpacePart[] {
  return text.split(',').map((name) => {
    const part = parts.find((each) => each === name.trim())
    if (part === undefined)
      throw new UserError('usage', '--space', `no part "${name}" of a search space`, `use ${parts.join(', ')}`)
    return part
  })
}
