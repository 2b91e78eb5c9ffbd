import { evolve } from './evolution.js'
import { searchExactly } from './exact.js'
import type { SearchOutcome, SearchRequest } from './request.js'

/**
 * Looks for the candidate that loses least within the budgets; without budgets, which an exact search needs, for the knee of
 * latency against loss. Nothing is built or run. The same request gives the same outcome, save for a time limit.
 */
export async function search(request: SearchRequest): Promise<SearchOutcome> {
  return request.algorithm === 'exact' ? searchExactly(request) : evolve(request)
}
