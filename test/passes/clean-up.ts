import type { Model } from '../../src/ir/graph.js'
import { type DriverResult, runPasses } from '../../src/passes/driver.js'
import { cleanUpPasses } from '../../src/passes/pipeline.js'

/** The exact and rounding passes on a model, without a runtime: what operators evaluate themselves is folded. */
export const cleanUp = (model: Model): Promise<DriverResult> =>
  runPasses(model, cleanUpPasses, { model, keepOverridable: false, foldBudgetBytes: 65536 })
