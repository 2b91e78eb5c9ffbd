import { describe, expect, it } from 'vitest'
import { atDefaults } from '../src/estimator/at-defaults.js'
import { CostTable, type CostTableSpec } from '../src/estimator/cost-table.js'
import { estimate } from '../src/estimator/estimate.js'
import { kernelCoster } from '../src/estimator/kernel-coster.js'
import { planKernels } from '../src/hw/kernels.js'
import { peakOf } from '../src/hw/memory/peak.js'
import { planMemory } from '../src/hw/memory/plan.js'
import { residency } from '../src/hw/residency.js'
import { type ArrayTarget, loadTarget } from '../src/hw/target.js'
import { readModel } from '../src/import/read-model.js'
import type { Model } from '../src/ir/graph.js'
import { inferTypes } from '../src/ir/infer.js'
import { describeWithShared } from './shared-assets.js'

/** A model without choices: every kernel and activation as it is. */
function fixedSpec(model: Model, target: ArrayTarget): CostTableSpec {
  inferTypes(model)
  const { kernels } = planKernels(model, target)
  const placements = residency(kernels, target)
  const plan = planMemory(kernels, { alignBytes: target.memory.alignBytes })
  return {
    optionCounts: [],
    kernels: kernels.map(({ name, shape, repeats }, i) => ({
      name,
      choices: [],
      repeats,
      variant: () => ({ shape, placement: placements[i]! }),
    })),
    activations: plan.buffers.map(({ bytes }) => ({ choices: [], bytes: () => bytes })),
    peakBytes: (sizes) => peakOf(plan, sizes),
    cost: kernelCoster(target),
  }
}

describe('a cost table without choices', () => {
  describeWithShared('of public models', ({ file }) => {
    it.each(['mobilenetv2_1.0_224', 'yunet_120x160', 'light_densenet121'])('is the estimate of %s', async (name) => {
      const target = loadTarget('neural-engine') as ArrayTarget
      const { model } = atDefaults(await readModel(file('models', `${name}.onnx`)))
      const metrics = estimate(model, target)
      const score = new CostTable(fixedSpec(model, target)).score(new Uint8Array(0))
      expect(score.latencyMs).toBeCloseTo(metrics.latencyMs, 9)
      expect(score.energyMj).toBeCloseTo(metrics.energyMj, 9)
      expect(score.weightBytes).toBe(metrics.weightBytes)
      expect(score.peakBytes).toBe(metrics.peakActivationBytes)
    })
  })
})
