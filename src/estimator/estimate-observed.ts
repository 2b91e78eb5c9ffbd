import { type Binding, type Kernel, planKernels, shapeOfNode } from '../hw/kernels.js'
import type { MeasuredTarget } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { SeededRandom } from '../runtime/random.js'
import type { Runtime } from '../runtime/session.js'
import { estimate, metricsOf } from './estimate.js'
import { shapeOfSpec } from './measure/kernel-model.js'
import { specOf } from './measure/kernel-spec.js'
import type { ObservedNode } from './measure/observe.js'
import { observeFile } from './measure/prior.js'
import { memoryMetrics } from './memory-metrics.js'
import type { Metrics } from './metrics.js'
import { originsOfObserved } from './observed-origins.js'

/**
 * Estimate of a model file on a target whose runtime is here: the runtime is asked which kernels it makes of the model
 * (its own optimizer decides), the predictor for how long they take. Nothing is timed. Where the runtime will not run
 * the model, the target's rules decide, and `assumptions` says so.
 */
export async function estimateObserved(
  model: Model,
  path: string,
  target: MeasuredTarget,
  runtime: Runtime,
  binding: Binding = {},
): Promise<Metrics> {
  const observed = await observeFile(runtime, path, { model, symbols: binding.symbols ?? new Map() })
  if ('reason' in observed) {
    const metrics = estimate(model, target, binding)
    const note = `kernels by the target's rules, since ${observed.reason}`
    return { ...metrics, assumptions: [...metrics.assumptions, note] }
  }
  inferTypes(model)
  const byRules = planKernels(model, target, binding)
  const kernels = observed.nodes.map((node) => kernelOf(node, target))
  const metrics = metricsOf(model, target, kernels, byRules.assumptions, byRules.precision)
  // What is multiplied and what lies in memory is a matter of the graph, whoever runs it.
  const sum = (of: (kernel: Kernel) => number) => byRules.kernels.reduce((total, kernel) => total + of(kernel), 0)
  const memory = memoryMetrics(
    byRules.kernels,
    sum(({ shape }) => shape.weightBytes),
    target,
  )
  const originsOf = originsOfObserved(
    model,
    observed.nodes.map(({ node }) => node),
  )
  return {
    ...metrics,
    macs: sum(({ macs, repeats }) => macs * repeats),
    peakActivationBytes: memory.peakBytes,
    memory,
    kernels: metrics.kernels.map((kernel, i) => {
      const seen = observed.nodes[i]
      return seen === undefined ? kernel : { ...kernel, origins: originsOf(seen.node) }
    }),
  }
}

function kernelOf({ node, inputs, outputs, runs }: ObservedNode, target: MeasuredTarget): Kernel {
  const spec = specOf(
    node,
    (i) => inputs[i],
    (i) => outputs[i],
  )
  const shape = spec === undefined ? shapeOfNode(node, target) : shapeOfSpec(spec, target, new SeededRandom(1))
  return {
    name: node.name || node.label,
    kind: shape.kind,
    nodes: [node],
    macs: shape.macs,
    weightBytes: shape.weightBytes,
    inputs: [],
    outputs: [],
    shape,
    repeats: runs,
  }
}
