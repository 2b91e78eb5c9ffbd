import type { Binding } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { estimate } from './estimate.js'
import type { Metrics } from './metrics.js'

/**
 * Estimate of a model that lies at `path`. Where the target's runtime is here it says itself what it makes of the file;
 * elsewhere the target's rules do.
 */
export async function estimateFile(
  model: Model,
  path: string,
  target: Target,
  binding: Binding = {},
  signal?: AbortSignal,
): Promise<Metrics> {
  if (target.kind !== 'measured' || target.fusion.runtime === undefined) return estimate(model, target, binding)
  const [{ estimateObserved }, { Runtime }] = await Promise.all([
    import('./estimate-observed.js'),
    import('../runtime/session.js'),
  ])
  const runtime = new Runtime({ allowUnreleasedOpsets: true, ...(signal && { signal }) })
  try {
    return await estimateObserved(model, path, target, runtime, binding)
  } finally {
    runtime.close()
  }
}
