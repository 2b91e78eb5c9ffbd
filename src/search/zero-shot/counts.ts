import { countParameters } from '../../estimator/estimate.js'
import { contextOf, inferTypes } from '../../ir/infer.js'
import { Patch } from '../../ir/patch.js'
import { cloneModel } from '../../passes/clone-model.js'
import { bindInputs } from './input-sizes.js'
import type { ArchitectureScore } from './score.js'

/** The baseline: what does not rank better than this is not used. */
export const parameterCount: ArchitectureScore = {
  definition: 'parameters',
  source: 'what training could have set',
  of: async (model) => countParameters(model),
}

/** Of one sample. */
export const macCount: ArchitectureScore = {
  definition: 'multiply-accumulates',
  source: 'declarations of the operators',
  async of(model, { sizes }) {
    const bound = cloneModel(model)
    bindInputs(new Patch(bound), { ...sizes, batch: 1 })
    inferTypes(bound)
    let sum = 0
    for (const node of bound.graph.nodes()) {
      const found = contextOf(node)
      const macs = found?.resolved.op.macs?.(found.context)
      if (typeof macs === 'number') sum += macs
    }
    return sum
  },
}
