import type { Model } from '../../ir/graph.js'
import type { Recipe } from '../../passes/architecture/decision.js'
import { Runtime } from '../../runtime/session.js'
import { usualBatch } from './input-sizes.js'
import { defaultScore, type ZeroShotName, zeroShotScores } from './scores.js'

export interface FilterOptions {
  /** Default: the one that did best where accuracies are known. */
  readonly score?: ZeroShotName | undefined
  readonly seed?: number | undefined
  /** Sizes of the model's inputs, by symbol. */
  readonly symbols?: ReadonlyMap<string, number> | undefined
  readonly signal?: AbortSignal | undefined
  /** How many candidates are scored, of how many. */
  readonly onScored?: ((done: number, all: number) => void) | undefined
}

/** What a score says of each recipe, the larger the better; undefined where the model declines it. */
export async function zeroShotRanking(
  original: Model,
  recipes: readonly Recipe[],
  options: FilterOptions = {},
): Promise<(number | undefined)[]> {
  const { score = defaultScore, seed = 1, symbols = new Map<string, number>(), signal, onScored } = options
  const runtime = new Runtime({ allowUnreleasedOpsets: true, ...(signal && { signal }) })
  try {
    const sizes = { batch: usualBatch(original, symbols), symbols }
    const scorer = await zeroShotScores[score].open(original, { runtime, seed, sizes })
    const found: (number | undefined)[] = []
    for (const recipe of recipes) {
      signal?.throwIfAborted()
      found.push(await scorer(recipe))
      onScored?.(found.length, recipes.length)
    }
    return found
  } finally {
    runtime.close()
  }
}

/**
 * Which recipes are worth building and measuring: the `keep` best by a score that needs neither training nor data, as indices,
 * best first; of equal ones the earlier. Recipes that the model declines are never among them. The same seed keeps the same.
 * Throws UserError where the runtime does not take a model.
 */
export async function zeroShotFilter(
  original: Model,
  recipes: readonly Recipe[],
  keep: number,
  options: FilterOptions = {},
): Promise<readonly number[]> {
  const scores = await zeroShotRanking(original, recipes, options)
  const possible = [...scores.entries()].flatMap(([index, score]) => (score === undefined ? [] : [{ index, score }]))
  // Infinite ones that are equal have no difference.
  possible.sort((a, b) => (a.score === b.score ? a.index - b.index : b.score - a.score))
  return possible.slice(0, keep).map(({ index }) => index)
}
