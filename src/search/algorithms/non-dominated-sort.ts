import { constrainedDominates, type Individual } from './problem.js'

/**
 * Individuals in fronts: the first is dominated by nobody, each further one by the fronts before it alone. Indices, rising within
 * a front. Source: fast non-dominated sort, Deb et al. 2002; O(objectives x count^2).
 */
export function nonDominatedSort(individuals: readonly Individual[]): number[][] {
  const count = individuals.length
  const dominated: number[][] = individuals.map(() => [])
  const dominators = new Int32Array(count)
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      if (constrainedDominates(individuals[a]!, individuals[b]!)) {
        dominated[a]!.push(b)
        dominators[b]! += 1
      } else if (constrainedDominates(individuals[b]!, individuals[a]!)) {
        dominated[b]!.push(a)
        dominators[a]! += 1
      }
    }
  }
  const fronts: number[][] = []
  let front = [...individuals.keys()].filter((i) => dominators[i] === 0)
  while (front.length > 0) {
    fronts.push(front)
    const next: number[] = []
    for (const a of front) {
      for (const b of dominated[a]!) {
        dominators[b]! -= 1
        if (dominators[b] === 0) next.push(b)
      }
    }
    front = next.sort((a, b) => a - b)
  }
  return fronts
}

/** Those that nobody dominates, each combination of objectives once, by the first objective. */
export function paretoFront(individuals: readonly Individual[]): Individual[] {
  const [front = []] = nonDominatedSort(individuals)
  const seen = new Map<string, Individual>()
  for (const i of front) {
    const key = individuals[i]!.objectives.join()
    if (!seen.has(key)) seen.set(key, individuals[i]!)
  }
  return [...seen.values()].sort((a, b) => a.objectives[0]! - b.objectives[0]!)
}
