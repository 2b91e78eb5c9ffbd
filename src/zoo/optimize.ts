import { loadTarget, type Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import type { DriverResult } from '../passes/driver.js'
import { cleanUp } from '../search/clean-up.js'
import { passContext } from './pass-context.js'

/** What passes on a model in memory may do, and for which target. */
export interface OptimizeOptions {
  /** A target or its name; default `neural-engine`. */
  readonly target?: Target | string
  /** Initializers that are also inputs stay inputs. */
  readonly keepOverridable?: boolean
  readonly signal?: AbortSignal
}

/** Runs the exact and rounding passes on a model in memory, changing it in place. Verify it before you rely on it. */
export function optimize(model: Model, options: OptimizeOptions = {}): Promise<DriverResult> {
  const { target = 'neural-engine', keepOverridable, signal } = options
  const context = passContext(model, typeof target === 'string' ? loadTarget(target) : target, { keepOverridable })
  return cleanUp(model, context, signal === undefined ? {} : { signal })
}
