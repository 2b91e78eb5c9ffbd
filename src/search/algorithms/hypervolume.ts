import { dominates } from './problem.js'

/**
 * Volume of what is dominated by some point and not worse than `reference` in any objective; all are minimised. Sliced along
 * the last objective, each slice the volume of one dimension less (HSO, While et al. 2006).
 */
export function hypervolume(points: readonly Float64Array[], reference: Float64Array): number {
  const inside = points.filter((point) => point.every((value, i) => value < reference[i]!))
  return volumeOf(inside, reference, reference.length)
}

function volumeOf(points: readonly Float64Array[], reference: Float64Array, dimensions: number): number {
  if (points.length === 0) return 0
  const last = dimensions - 1
  if (dimensions === 1) return reference[0]! - points.reduce((least, [value]) => Math.min(least, value!), reference[0]!)
  const sorted = [...points].sort((a, b) => a[last]! - b[last]!)
  let volume = 0
  let front: Float64Array[] = []
  sorted.forEach((point, i) => {
    front = withPoint(front, point.subarray(0, last))
    const depth = (sorted[i + 1]?.[last] ?? reference[last]!) - point[last]!
    if (depth > 0) volume += depth * volumeOf(front, reference, last)
  })
  return volume
}

/** Without what the point dominates; as it is where the point adds nothing. */
function withPoint(front: readonly Float64Array[], point: Float64Array): Float64Array[] {
  const isCovered = front.some((each) => each.every((value, i) => value <= point[i]!))
  return isCovered ? [...front] : [...front.filter((each) => !dominates(point, each)), point]
}
