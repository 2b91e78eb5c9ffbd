import { defaultEvaluations, defaultSpace, searchAlgorithms } from '../zoo/asked-search.js'

/** What every command that searches takes. */
export const searchOptions = {
  search: {
    choices: searchAlgorithms,
    default: 'none' as const,
    describe:
      'how a recipe is looked for; none: exact passes only; exact: proved to be the best within --budget; evolution: also ' +
      'without a budget. By estimates and weights alone: data, where given, fit and judge what was found',
  },
  space: {
    type: 'string',
    default: defaultSpace,
    requiresArg: true,
    describe: `what a search may change: ${defaultSpace}`,
  },
  budget: {
    type: 'string',
    requiresArg: true,
    describe:
      'hard limits, absolute or in % of the original: latency=2ms,energy=1mJ,memory=900KB,weights=70%,activations=64KiB',
  },
  expert: {
    type: 'string',
    requiresArg: true,
    describe: 'what a search has to keep to and what it should prefer, a JSON file of constraints; see docs/search.md',
  },
  evaluations: {
    type: 'number',
    default: defaultEvaluations,
    requiresArg: true,
    describe: 'candidates that an evolution may score',
  },
} as const
