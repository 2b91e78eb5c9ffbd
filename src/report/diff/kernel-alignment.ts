import type { KernelMetrics } from '../../estimator/metrics.js'
import { matchKernels } from '../kernel-matches.js'

/** Kernels that do the same work before and after: one became one, several became one, one became several. */
export interface AlignedKernels {
  /** Empty: new. */
  readonly before: readonly KernelMetrics[]
  /** Empty: gone. */
  readonly after: readonly KernelMetrics[]
  /** Of all of them together. */
  readonly latencyMs: readonly [before: number, after: number]
}

/**
 * Which kernels became which, by the nodes of the original they do the work of. `counterparts`: names of such nodes of the first
 * side by those of the second, where the two do not come from one original; a name that is not there is of nothing on the first.
 */
export function alignKernels(
  before: readonly KernelMetrics[],
  after: readonly KernelMetrics[],
  counterparts?: ReadonlyMap<string, string>,
): AlignedKernels[] {
  const translated =
    counterparts === undefined
      ? after
      : after.map((kernel) => ({
          ...kernel,
          origins: kernel.origins.map((name) => counterparts.get(name) ?? `new ${name}`),
        }))
  return matchKernels(before, translated).map((match) => ({
    before: match.before.map((i) => before[i]!),
    after: match.after.map((i) => after[i]!),
    latencyMs: match.latencyMs,
  }))
}
