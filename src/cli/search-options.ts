import { defaultSpace, searchAlgorithms } from '../zoo/asked-search.js'

/** What every command that searches takes. */
export const searchOptions = {
  search: {
    choices: searchAlgorithms,
    describe:
      'how a recipe is looked for; none: exact passes only; auto: candidates are built and measured on --data; supernet: the ' +
      'same, and sub-networks evolve that inherit fitted weights; multi-shot: candidates evolve that are all fitted; by estimates ' +
      'and weights alone: exact, proved to be the best within --budget, evolution, also without a budget ' +
      '[default: auto with --data and without --recipe, else none]',
  },
  space: {
    type: 'string',
    default: defaultSpace,
    requiresArg: true,
    describe:
      'what a search may change: widths, blocks, convolutions (those outside of blocks), resolution (of the image that is taken)',
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
  'search-time': {
    type: 'number',
    requiresArg: true,
    describe: 'seconds after which a search on data ends with the best so far, as the first Ctrl-C does',
  },
  cache: {
    type: 'string',
    requiresArg: true,
    describe: "folder where a search on data keeps what it measured [default: the user's cache]",
  },
  resume: {
    type: 'boolean',
    default: true,
    describe: 'a search on data goes on where it was ended; --no-resume measures everything anew',
  },
  'co-resident': {
    type: 'string',
    array: true,
    nargs: 1,
    requiresArg: true,
    describe: "a model that shares the device's memory: weights of all and the largest peak have to fit (repeatable)",
  },
  evaluations: {
    type: 'number',
    requiresArg: true,
    describe: 'candidates that evolution may score [default: 100000] or a search on data may build [default: 60]',
  },
} as const
