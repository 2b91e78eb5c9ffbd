import type { Model } from '../ir/graph.js'
import type { Recipe } from '../passes/architecture/decision.js'
import type { ChannelScorer } from '../passes/architecture/importance.js'
import type { AccuracyEntry } from '../report/report.js'
import type { SearchedEntry } from '../report/search-entry.js'
import type { FittedResult } from '../search/evaluator.js'

/** What a search that built candidates has for the one that is written. */
export interface FoundWorkshop {
  /** The original in the form that recipes were tried on. */
  readonly teacher: Model
  /** Which channels matter, as it was found out. */
  readonly scores: ChannelScorer | undefined
  /** A recipe's result that was refitted with all effort. */
  readonly fittedBy: (recipe: Recipe) => FittedResult | undefined
}

/** What a search found. */
export interface Found {
  /** undefined: the model is best as it is. */
  readonly first: Recipe | undefined
  /** What to try when one was not good enough on data that the search has not seen; undefined: nothing else is left. */
  readonly after: (failed: Recipe, accuracy: AccuracyEntry | null) => Recipe | undefined
  /** Whether the model with exact passes alone is a result, where nothing that was found is good enough. */
  readonly isBestAsIs: boolean
  /** What was done, as of the recipe that was taken in the end; undefined: none was. */
  readonly entryOf: (taken: Recipe | undefined) => SearchedEntry
  /** What went wrong on the way. */
  readonly warnings?: readonly string[]
  /** Of a search that built candidates: what it has for the one that is written. */
  readonly workshop?: FoundWorkshop | undefined
}
