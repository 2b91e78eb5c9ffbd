import type { Individual } from './problem.js'

/**
 * How much room each individual of a front has: the sum over objectives of the distance between its neighbours, over the range
 * of the front; infinite at the ends. Source: Deb et al. 2002.
 */
export function crowdingDistances(front: readonly Individual[]): Float64Array {
  const distances = new Float64Array(front.length)
  const objectiveCount = front[0]?.objectives.length ?? 0
  for (let objective = 0; objective < objectiveCount; objective++) {
    const valueAt = (i: number) => front[i]!.objectives[objective]!
    const order = [...front.keys()].sort((a, b) => valueAt(a) - valueAt(b) || a - b)
    const [first, last] = [order[0]!, order.at(-1)!]
    distances[first] = Number.POSITIVE_INFINITY
    distances[last] = Number.POSITIVE_INFINITY
    const range = valueAt(last) - valueAt(first)
    if (range === 0) continue
    for (let i = 1; i < order.length - 1; i++)
      distances[order[i]!]! += (valueAt(order[i + 1]!) - valueAt(order[i - 1]!)) / range
  }
  return distances
}
