import { UserError } from '../ir/errors.js'
import { parseBudgets } from '../search/budgets.js'
import type { SpacePart } from '../search/open-space.js'
import type { SearchAlgorithm } from '../search/request.js'
import type { SearchOptions } from '../zoo/search-recipe.js'

const algorithms: readonly ('none' | SearchAlgorithm)[] = ['none', 'exact', 'evolution']

const parts: readonly SpacePart[] = ['widths', 'blocks']

/** What every command that searches takes. */
export const searchOptions = {
  search: {
    choices: algorithms,
    default: 'none' as const,
    describe:
      'how a recipe is looked for; none: exact passes only; exact: proved to be the best within --budget; evolution: also ' +
      'without a budget. By estimates and weights alone: data, where given, fit and judge what was found',
  },
  space: {
    type: 'string',
    default: parts.join(','),
    requiresArg: true,
    describe: `what a search may change: ${parts.join(', ')}`,
  },
  budget: {
    type: 'string',
    requiresArg: true,
    describe:
      'hard limits, absolute or in % of the original: latency=2ms,energy=1mJ,memory=900KB,weights=70%,activations=64KiB',
  },
  evaluations: {
    type: 'number',
    default: 100_000,
    requiresArg: true,
    describe: 'candidates that an evolution may score',
  },
} as const

/** The options as a job takes them; undefined: nothing is to be searched. Throws UserError `usage`. */
export function searchOf(options: {
  readonly search: 'none' | SearchAlgorithm
  readonly space: string
  readonly budget: string | undefined
  readonly evaluations: number
  readonly recipe: string | undefined
}): SearchOptions | undefined {
  const { search, space, budget, evaluations, recipe } = options
  if (search === 'none') {
    if (budget !== undefined)
      throw new UserError(
        'usage',
        '--budget',
        'nothing is searched',
        'say how with --search exact or --search evolution',
      )
    return undefined
  }
  if (recipe !== undefined)
    throw new UserError('usage', '--search', 'the recipe is given already', 'give --recipe or --search, not both')
  if (!(Number.isInteger(evaluations) && evaluations > 0))
    throw new UserError('usage', '--evaluations', `${evaluations} is no count`, 'give a whole number from 1')
  const budgets = budget === undefined ? [] : parseBudgets(budget)
  return { algorithm: search, parts: partsOf(space), budgets, evaluations }
}

function partsOf(text: string): SpacePart[] {
  return text.split(',').map((name) => {
    const part = parts.find((each) => each === name.trim())
    if (part === undefined)
      throw new UserError('usage', '--space', `no part "${name}" of a search space`, `use ${parts.join(', ')}`)
    return part
  })
}
