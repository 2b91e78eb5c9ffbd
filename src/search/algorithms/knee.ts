import type { Individual } from './problem.js'

/**
 * The point of a front of two objectives that bulges most: the farthest from the line between its ends, both objectives scaled to
 * the front's range. Of a front without a bulge the first. undefined: the front is empty.
 */
export function kneeOf(front: readonly Individual[]): Individual | undefined {
  const sorted = [...front].sort((a, b) => a.objectives[0]! - b.objectives[0]! || a.objectives[1]! - b.objectives[1]!)
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const worst = Math.max(...sorted.map(({ objectives }) => objectives[1]!))
  const best = Math.min(...sorted.map(({ objectives }) => objectives[1]!))
  const [width, height] = [last.objectives[0]! - first.objectives[0]!, worst - best]
  if (width === 0 || height === 0) return first
  const bulge = ({ objectives }: Individual) =>
    1 - (objectives[0]! - first.objectives[0]!) / width - (objectives[1]! - best) / height
  return sorted.reduce((knee, each) => (bulge(each) > bulge(knee) ? each : knee))
}
