import { UserError } from '../ir/errors.js'
import type { Term } from './algorithms/factors.js'
import { select } from './algorithms/selection.js'
import type { Budget } from './budgets.js'
import { budgetsOf, latencyWeight, type SearchOutcome, type SearchRequest, scored } from './request.js'
import { CostTerms } from './scoring/terms.js'
import type { Space } from './space/space.js'

/**
 * The candidate that loses least within the budgets, with a proof: a multiple-choice knapsack over options, solved as an integer
 * program. Throws UserError `usage` without budgets: nothing would be lost by changing nothing.
 */
export async function searchExactly(request: SearchRequest): Promise<SearchOutcome> {
  const { opened, losses, timeLimitSeconds } = request
  const { space } = opened
  const budgets = budgetsOf(request)
  if (budgets.length === 0)
    throw new UserError('usage', '--search exact', 'there is no budget', 'give one with --budget, or use evolution')
  const terms = new CostTerms(opened)
  const original = scored(request, space.original)
  const lossTerms = losses.of.map((list, choice): Term => ({ choices: [choice], at: ([option]) => list[option!]! }))
  const tie = terms.figure('latencyMs').map(
    ({ choices, at }): Term => ({
      choices,
      at: (options) => (latencyWeight * at(options)) / original.latencyMs,
    }),
  )
  const found = await select(
    {
      optionCounts: space.optionCounts,
      objective: [...lossTerms, ...closedTerms(space), ...tie],
      limits: budgets.flatMap((budget) => limitsOf(terms, budget)),
    },
    timeLimitSeconds === undefined ? {} : { timeLimitSeconds },
  )
  const base = { algorithm: 'exact', original, evaluations: 0, dominatedShare: null } as const
  if (!('options' in found))
    return { ...base, best: null, front: [], trajectory: [], proof: null, reason: reasons[found.status] }
  const candidate = space.original.slice()
  candidate.set(found.options)
  const best = scored(request, space.canonical(candidate))
  return {
    ...base,
    best,
    front: [best],
    trajectory: [{ evaluations: 0, latencyMs: best.latencyMs, loss: best.loss }],
    proof: { bound: found.bound, gap: found.gap },
    reason: found.status === 'optimal' ? null : 'time was up before the gap was closed',
  }
}

const reasons = {
  infeasible: 'no candidate keeps the budgets: proved',
  'none-in-time': 'nothing was found in time',
  'too-large':
    'there are more combinations of coupled options than a program can hold: use evolution, or curated widths',
} as const

/** Infinite for closed options: a width may stay at one where some block leaves nothing of it. */
function closedTerms(space: Space): Term[] {
  return space.choices.flatMap((choice, at): Term[] => {
    if (space.openOptions[at]!.length === space.optionCounts[at]) return []
    const blocks = choice.kind === 'width' ? space.formsThatEnd(at) : []
    return [
      {
        choices: [at, ...blocks],
        at: ([option, ...forms]) => {
          const isGone = blocks.some((block, i) => space.goneUnder(block, forms[i]!).includes(at))
          const isKept = isGone && option === space.original[at]
          return isKept || space.isOpen(at, option!) ? 0 : Number.POSITIVE_INFINITY
        },
      },
    ]
  })
}

function limitsOf(terms: CostTerms, { figure, atMost }: Budget): { terms: Term[]; atMost: number }[] {
  switch (figure) {
    case 'latency':
      return [{ terms: terms.figure('latencyMs'), atMost }]
    case 'energy':
      return [{ terms: terms.figure('energyMj'), atMost }]
    case 'weights':
      return [{ terms: terms.figure('weightBytes'), atMost }]
    case 'activations':
      return terms.liveBytes(atMost).map((live) => ({ terms: live, atMost }))
    case 'memory': {
      const weights = terms.figure('weightBytes')
      return terms.liveBytes(0).map((live) => ({ terms: [...weights, ...live], atMost }))
    }
  }
}
