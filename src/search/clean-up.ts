import type { Model } from '../ir/graph.js'
import type { PassContext } from '../passes/define.js'
import { type DriverOptions, type DriverResult, type Firing, runPasses } from '../passes/driver.js'
import { cleanUpPasses } from '../passes/pipeline.js'

/** `--search none`: the exact and rounding passes alone, to a fixpoint. */
export const cleanUp = (model: Model, context: PassContext, options: DriverOptions = {}): Promise<DriverResult> =>
  runPasses(model, cleanUpPasses, context, options)

/**
 * The first change after which a model no longer agrees with the original, found by halving: `prepare` gives a fresh
 * model and its context, `agrees` verifies a model that got only the first changes. About log2(count) verifications.
 */
export async function firstGuilty(
  firings: readonly Firing[],
  prepare: () => Promise<{ readonly model: Model; readonly context: PassContext }>,
  agrees: (model: Model) => Promise<boolean>,
): Promise<Firing | undefined> {
  let good = 0
  let bad = firings.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const { model, context } = await prepare()
    await cleanUp(model, context, { maxFirings: middle })
    if (await agrees(model)) good = middle
    else bad = middle
  }
  return firings[bad - 1]
}
