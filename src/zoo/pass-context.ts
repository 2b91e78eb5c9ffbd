import { kernelCost } from '../hw/cycles/index.js'
import { type Kernel, planKernels } from '../hw/kernels.js'
import { residency } from '../hw/residency.js'
import { type KernelShape, precisionBytes } from '../hw/shape.js'
import type { Target } from '../hw/target.js'
import type { Model, Node } from '../ir/graph.js'
import type { ConvolutionShape, PassContext } from '../passes/define.js'
import { constantEvaluator } from '../passes/evaluate-constants.js'
import { sharedRuntime } from '../runtime/session.js'
import type { JobOptions } from './job-options.js'

/** Folding may make a file larger by at most this much. */
const foldBudgetBytes = 96 * 1024

export interface PassOptions {
  /** Initializers that are also inputs stay inputs; default: they become constants. */
  readonly keepOverridable?: boolean | undefined
  /** Layers may be merged where the target gains; not before a recipe, which names the layers as the model has them. */
  readonly mayTrade?: boolean
}

/** Of the passes that a job begins with. */
export const firstPassOptions = ({ keepOverridable, recipe, search }: JobOptions): PassOptions => ({
  keepOverridable,
  mayTrade: recipe === undefined && search === undefined,
})

/** What passes are handed: the runtime to fold with, the target to judge trades. */
export function passContext(model: Model, target: Target, options: PassOptions = {}): PassContext {
  const { keepOverridable = false, mayTrade = true } = options
  return {
    model,
    keepOverridable,
    foldBudgetBytes,
    evaluate: constantEvaluator(sharedRuntime()),
    isCheaper: mayTrade ? (before, after) => isCheaper(model, target, before, after) : undefined,
  }
}

/** Whether one convolution takes fewer cycles than the nodes it would replace. Without a cycle model nothing is traded. */
function isCheaper(model: Model, target: Target, before: readonly Node[], after: ConvolutionShape): boolean {
  if (target.kind === 'measured') return false
  const { kernels } = planKernels(model, target)
  const old = kernels.filter(({ nodes }) => before.some((node) => nodes.includes(node)))
  const [first] = old
  if (first === undefined) return false
  const merged = { ...first, outputs: old.at(-1)!.outputs, shape: mergedShape(first.shape, old.at(-1)!.shape, after) }
  const cycles = (list: readonly Kernel[]) => {
    const placements = residency(list, target)
    return list.reduce((sum, { shape }, i) => sum + kernelCost(shape, target, placements[i]!).cycles, 0)
  }
  return cycles([merged]) < cycles(old)
}

/** Input of the first, output of the last, and the filters that were proposed. */
function mergedShape(first: KernelShape, last: KernelShape, after: ConvolutionShape): KernelShape {
  const [kernelHeight, kernelWidth] = plane(after.kernel)
  const [strideHeight, strideWidth] = plane(after.strides)
  const weights = kernelHeight * kernelWidth * (after.inChannels / after.group) * after.outChannels
  const positions = product(after.outDims) / after.outDims[1]!
  return {
    ...first,
    kind: 'convolution',
    outChannels: after.outChannels,
    outHeight: last.outHeight,
    outWidth: last.outWidth,
    kernelHeight,
    kernelWidth,
    strideHeight,
    strideWidth,
    groups: after.group,
    fused: last.fused,
    outputBytes: last.outputBytes,
    weightBytes: (weights + after.outChannels) * precisionBytes[first.precision],
    macs: positions * weights,
  }
}

/** Spatial axes as height and width; see `KernelShape`. */
const plane = (sizes: readonly number[]): [height: number, width: number] => [
  product(sizes.slice(0, -1)),
  sizes.at(-1) ?? 1,
]

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1)
