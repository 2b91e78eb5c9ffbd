import type { KernelMetrics } from '../estimator/metrics.js'
import { DisjointSets } from './disjoint-sets.js'

/** Kernels before and after that do the work of the same nodes of the original. Indices into the lists of kernels. */
export interface KernelMatch {
  /** Empty: the kernel is new. */
  readonly before: readonly number[]
  /** Empty: the kernel is gone. */
  readonly after: readonly number[]
  /** Of all of them together. */
  readonly latencyMs: readonly [before: number, after: number]
}

/** Kernels connected by the nodes they came from, in the order of the original; what has no counterpart stands alone. */
export function matchKernels(before: readonly KernelMetrics[], after: readonly KernelMetrics[]): KernelMatch[] {
  const sets = new DisjointSets(before.length + after.length)
  const first = new Map<string, number>()
  const join = (kernels: readonly KernelMetrics[], offset: number) => {
    kernels.forEach(({ origins, name }, i) => {
      // What runs no node, as the call of a runtime does, is itself by its name.
      for (const origin of origins.length > 0 ? origins : [`kernel ${name}`]) {
        const known = first.get(origin)
        if (known === undefined) first.set(origin, offset + i)
        else sets.join(known, offset + i)
      }
    })
  }
  join(before, 0)
  join(after, before.length)
  const time = (kernels: readonly KernelMetrics[], indices: readonly number[]) =>
    indices.reduce((sum, i) => sum + kernels[i]!.latencyMs, 0)
  return sets.sides(before.keys(), after.keys(), before.length).map((group) => ({
    ...group,
    latencyMs: [time(before, group.before), time(after, group.after)],
  }))
}
