import { estimateFile } from '../estimator/estimate-file.js'
import { landscapeOf } from '../estimator/landscape.js'
import { planKernels } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import { readModel } from '../import/read-model.js'
import type { Model } from '../ir/graph.js'
import type { ModelProfile } from '../report/model-profile.js'
import { curatedStep } from '../search/curated-step.js'
import { fileFacts } from './facts.js'
import { targetEntry } from './target-entry.js'

/** What a model is profiled on. */
export interface ProfileOptions {
  readonly target: Target
  /** Sizes of symbolic dims, chosen once the model's inputs are known. */
  readonly bind?: (model: Model) => Map<string, number>
  readonly tool: ModelProfile['tool']
  readonly signal?: AbortSignal
}

/** A model on a target as it is. Throws UserError for a file at fault. */
export async function profileFile(file: string, { target, bind, tool, signal }: ProfileOptions): Promise<ModelProfile> {
  const model = await readModel(file)
  const symbols = bind?.(model) ?? new Map<string, number>()
  const facts = await fileFacts(file, model)
  const metrics = await estimateFile(model, file, target, { symbols }, signal)
  const { kernels } = planKernels(model, target, { symbols })
  return {
    tool,
    model: facts,
    target: targetEntry(target, [metrics]),
    metrics,
    landscape: landscapeOf(kernels, target, curatedStep(target)) ?? null,
  }
}
