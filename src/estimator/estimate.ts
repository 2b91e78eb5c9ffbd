import { type KernelCost, kernelCost } from '../hw/cycles.js'
import { energyMj } from '../hw/energy.js'
import { type Binding, type Kernel, planKernels } from '../hw/kernels.js'
import { planMemory } from '../hw/memory.js'
import type { ArrayTarget, Precision, Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { callMs, inNetworkMs } from './interaction.js'
import type { KernelMetrics, Metrics } from './metrics.js'
import { loadPredictor, type Predictor } from './predictor.js'

/** Latency, energy, memory and what bounds each kernel, for one inference of `model` on `target`. Infers types first. */
export function estimate(model: Model, target: Target, binding: Binding = {}): Metrics {
  inferTypes(model)
  const { kernels, assumptions, precision } = planKernels(model, target, binding)
  return metricsOf(model, target, kernels, assumptions, precision)
}

/** The same for kernels that are known already: `assumptions` says of what. */
export function metricsOf(
  model: Model,
  target: Target,
  kernels: readonly Kernel[],
  assumptions: readonly string[],
  precision: Precision,
): Metrics {
  const costs = kernels.map(coster(target, precision))
  const total = (of: (kernel: Kernel, cost: CostedKernel) => number) =>
    kernels.reduce((sum, kernel, i) => sum + of(kernel, costs[i]!) * kernel.repeats, 0)
  const macs = total(({ macs }) => macs)
  const dramBytes = total((_, cost) => cost.dramBytes)
  const sramBytes = total((_, cost) => cost.sramBytes)
  const call = target.kind === 'measured' ? callOf(model, loadPredictor(target.predictor)) : undefined
  const latencyMs = total((_, cost) => cost.latencyMs) + (call?.latencyMs ?? 0)
  const width = call === undefined ? undefined : Math.exp(call.halfWidth)
  return {
    latencyMs,
    // Errors of kernels cancel in part: where whole networks were timed, theirs are the measure.
    latencyMsInterval:
      width === undefined
        ? [total((_, cost) => cost.lowMs), total((_, cost) => cost.highMs)]
        : [latencyMs / width, latencyMs * width],
    energyMj: energyMj({ macs, sramBytes, dramBytes }, target, precision),
    macs,
    parameters: countParameters(model),
    weightBytes: kernels.reduce((sum, { weightBytes }) => sum + weightBytes, 0),
    peakActivationBytes: planMemory(kernels).peakBytes,
    dramBytes,
    precision,
    assumptions,
    kernels: [
      ...kernels.map((kernel, i) => kernelMetrics(kernel, costs[i]!)),
      ...(call === undefined ? [] : [call.metrics]),
    ],
  }
}

/** The call of a runtime, which takes its time whatever it runs; undefined where nothing is known of it. */
function callOf(
  { graph }: Model,
  { file }: Predictor,
): { latencyMs: number; halfWidth: number; metrics: KernelMetrics } | undefined {
  const { interaction } = file
  if (interaction === undefined) return undefined
  const inputs = graph.inputs.filter(({ tensor }) => tensor === undefined).length
  const latencyMs = callMs(inputs, graph.outputs.length, interaction)
  const metrics: KernelMetrics = {
    name: 'call of the runtime',
    kind: 'opaque',
    nodes: [],
    latencyMs,
    bound: 'overhead',
    utilisation: 0,
  }
  return { latencyMs, halfWidth: interaction.halfWidth, metrics }
}

/** Elements of all constant float tensors, subgraphs and functions included: what training could have set. */
export function countParameters(model: Model): number {
  let count = 0
  const visited = new Set<unknown>()
  const countGraph = (graph: Model['graph']) => {
    for (const { tensor } of graph.initializers) {
      if (tensor !== undefined && !visited.has(tensor)) {
        visited.add(tensor)
        count += tensor.size
      }
    }
    for (const node of graph.nodes()) {
      const constant = node.is('Constant') ? node.tensor('value') : undefined
      if (constant !== undefined) count += constant.size
      for (const inner of node.subgraphs()) countGraph(inner)
    }
  }
  for (const root of model.roots()) countGraph(root)
  return count
}

/** Cost of one run of a kernel. */
type CostedKernel = Pick<KernelCost, 'bound' | 'utilisation' | 'dramBytes' | 'sramBytes'> & {
  readonly latencyMs: number
  readonly lowMs: number
  readonly highMs: number
}

function coster(target: Target, precision: Precision): (kernel: Kernel) => CostedKernel {
  if (target.kind === 'measured') {
    const predictor = loadPredictor(target.predictor)
    return (kernel) => predictedCost(kernel, predictor)
  }
  return (kernel) => cycleCost(kernel, target, precision)
}

function predictedCost({ shape }: Kernel, predictor: Predictor): CostedKernel {
  const { latencyMs: aloneMs, lowMs, highMs, overheadShare, memoryShare } = predictor.predict(shape)
  const { interaction } = predictor.file
  const latencyMs = interaction === undefined ? aloneMs : inNetworkMs(aloneMs, shape, interaction)
  const share = latencyMs / aloneMs
  const bytes = shape.inputBytes + shape.outputBytes + shape.weightBytes
  const isBusy = overheadShare < 0.5
  return {
    latencyMs,
    lowMs: lowMs * share,
    highMs: highMs * share,
    bound: !isBusy ? 'overhead' : memoryShare > 0.5 ? 'memory' : 'compute',
    utilisation: 0,
    dramBytes: bytes,
    sramBytes: bytes,
  }
}

function cycleCost(kernel: Kernel, target: ArrayTarget, precision: Precision): CostedKernel {
  const cost = kernelCost(kernel, target, precision)
  const latencyMs = cost.cycles / (target.clockGHz * 1e6)
  return { ...cost, latencyMs, lowMs: latencyMs, highMs: latencyMs }
}

const kernelMetrics = (kernel: Kernel, cost: CostedKernel): KernelMetrics => ({
  name: kernel.name,
  kind: kernel.kind,
  nodes: kernel.nodes.map((node) => node.label),
  latencyMs: cost.latencyMs * kernel.repeats,
  bound: cost.bound,
  utilisation: cost.utilisation,
})
