import { kernelCost } from '../hw/cycles.js'
import { type ArrayMapping, type Kernel, planKernels } from '../hw/kernels.js'
import type { Target } from '../hw/target.js'
import type { Model, Node } from '../ir/graph.js'
import type { ConvolutionShape, PassContext } from '../passes/define.js'
import { constantEvaluator } from '../passes/evaluate-constants.js'
import { sharedRuntime } from '../runtime/session.js'

/** Folding may make a file larger by at most this much. */
export const foldBudgetBytes = 96 * 1024

/** What passes are handed: the runtime to fold with, the target to judge trades. */
export function passContext(
  model: Model,
  target: Target,
  limits: { readonly keepOverridable: boolean; readonly foldBudgetBytes: number },
): { readonly context: PassContext; warnings(): string[] } {
  const failures = new Set<string>()
  return {
    context: {
      model,
      ...limits,
      evaluate: constantEvaluator(sharedRuntime()),
      isCheaper: (before, after) => isCheaper(model, target, before, after),
    },
    warnings: () => [...failures],
  }
}

/** Whether one convolution takes fewer cycles than the nodes it would replace. Without a cycle model nothing is traded. */
function isCheaper(model: Model, target: Target, before: readonly Node[], after: ConvolutionShape): boolean {
  if (target.kind !== 'dot-product-array') return false
  const { kernels, precision } = planKernels(model, target)
  const old = kernels.filter(({ nodes }) => before.some((node) => nodes.includes(node)))
  if (old.length === 0) return false
  const cycles = (kernel: Kernel) => kernelCost(kernel, target, precision).cycles
  const first = old[0]!
  const mapping: ArrayMapping = {
    positions: after.outDims.reduce((all, dim) => all * dim, 1) / after.outDims[1]!,
    taps: after.kernel.reduce((all, size) => all * size, 1),
    groups: after.group,
    inChannels: after.inChannels / after.group,
    outChannels: after.outChannels / after.group,
  }
  const weights = mapping.taps * mapping.inChannels * after.outChannels
  const merged: Kernel = {
    ...first,
    kind: 'convolution',
    macs: mapping.positions * weights,
    weightBytes: weights + after.outChannels,
    outputs: old.at(-1)!.outputs,
    mapping,
  }
  return cycles(merged) < old.reduce((sum, kernel) => sum + cycles(kernel), 0)
}
