import type { Candidate } from '../../estimator/memo-table.js'
import { evolve } from '../evolution.js'
import { searchExactly } from '../exact.js'
import { budgetsOf, type SearchRequest } from '../request.js'
import { keyOf } from '../space/space.js'

type LevelRequest = Omit<SearchRequest, 'algorithm' | 'evaluations'>

/** An exact search of one level ends after this, with the best so far. */
const secondsOfLevel = 10

/** Candidates that an evolution scores where a space is too large for a program. */
const evaluations = 20_000

/**
 * Of every level of latency (as a share of the original's) the candidate within the budgets that is expected to lose least;
 * each once, in the order of the levels.
 */
export async function candidatesAtLevels(request: LevelRequest, levels: readonly number[]): Promise<Candidate[]> {
  const { opened } = request
  const originalMs = opened.table.score(opened.space.original).latencyMs
  const budgets = budgetsOf(request)
  const found = new Map<string, Candidate>()
  for (const level of levels) {
    request.signal?.throwIfAborted()
    const most = Math.min(level * originalMs, ...budgets.filter(isLatency).map(({ atMost }) => atMost))
    const candidate = await leastLoss({
      ...request,
      budgets: [...budgets.filter((budget) => !isLatency(budget)), { figure: 'latency', atMost: most, isShare: false }],
    })
    if (candidate !== undefined && keyOf(candidate) !== keyOf(opened.space.original))
      found.set(keyOf(candidate), candidate)
  }
  return [...found.values()]
}

const isLatency = ({ figure }: { readonly figure: string }): boolean => figure === 'latency'

async function leastLoss(request: LevelRequest): Promise<Candidate | undefined> {
  const asked = { ...request, evaluations, timeLimitSeconds: secondsOfLevel }
  const exact = await searchExactly({ ...asked, algorithm: 'exact' })
  if (exact.best !== null || exact.reason?.includes('proved')) return exact.best?.candidate
  return evolve({ ...asked, algorithm: 'evolution' }).best?.candidate
}
