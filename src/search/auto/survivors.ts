import type { Candidate } from '../../estimator/memo-table.js'
import { hypervolume } from '../algorithms/hypervolume.js'
import { keyOf } from '../space/space.js'
import type { BuiltCandidate } from './measured.js'

/**
 * Of sub-networks those that are worth a fit of their own: what they are expected to lose when they are fitted is what they lose
 * with inherited weights, times what that came to for those that were built both ways; taken is, one after the other, the one that
 * then adds most to the front of those that were fitted. At most `most`, none that adds nothing.
 *
 * `reference`: latency in ms and loss beyond which nothing is of interest.
 */
export function survivors(
  inherited: readonly BuiltCandidate[],
  fitted: readonly BuiltCandidate[],
  reference: Float64Array,
  most: number,
): Candidate[] {
  const known = new Map(fitted.map((each) => [keyOf(each.candidate), each]))
  const ratio = medianOf(
    inherited.flatMap(({ candidate, loss }) => {
      const fit = known.get(keyOf(candidate))
      return fit === undefined ? [] : [fit.loss / Math.max(loss, Number.EPSILON)]
    }),
  )
  const points: Float64Array[] = fitted.map(({ latencyMs, loss }) => Float64Array.of(latencyMs, loss))
  const left = new Set(inherited.filter(({ candidate }) => !known.has(keyOf(candidate))))
  const taken: Candidate[] = []
  while (taken.length < most) {
    const before = hypervolume(points, reference)
    let best: { readonly each: BuiltCandidate; readonly point: Float64Array; readonly gain: number } | undefined
    for (const each of left) {
      const point = Float64Array.of(each.latencyMs, ratio * each.loss)
      const gain = hypervolume([...points, point], reference) - before
      if (gain > (best?.gain ?? 0)) best = { each, point, gain }
    }
    if (best === undefined) break
    left.delete(best.each)
    points.push(best.point)
    taken.push(best.each.candidate)
  }
  return taken
}

/** 1 of none: nothing says otherwise. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 1
}
