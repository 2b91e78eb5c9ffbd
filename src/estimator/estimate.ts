import { type KernelCost, kernelCost, millisecondsOf, type Placement, type Unit } from '../hw/cycles/index.js'
import { trafficOf } from '../hw/energy.js'
import { type Binding, type Kernel, planKernels } from '../hw/kernels.js'
import { residency } from '../hw/residency.js'
import type { ArrayTarget, Precision, Target } from '../hw/target.js'
import type { Model } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import { atDefaults } from './at-defaults.js'
import { energyMetrics } from './energy-metrics.js'
import { callOfMs, inNetworkMs } from './interaction.js'
import { memoryMetrics } from './memory-metrics.js'
import type { KernelMetrics, Metrics } from './metrics.js'
import { loadPredictor, type Predictor } from './predictor.js'

/**
 * Latency, energy, memory and what bounds each kernel, for one inference of `given` on `target`, inputs with a default value at
 * that. Infers types first.
 */
export function estimate(given: Model, target: Target, binding: Binding = {}): Metrics {
  const { model, assumption } = atDefaults(given)
  inferTypes(model)
  const { kernels, assumptions, precision } = planKernels(model, target, binding)
  const assumed = assumption === undefined ? assumptions : [assumption, ...assumptions]
  return metricsOf(model, target, kernels, assumed, precision)
}

/** The same for kernels that are known already: `assumptions` says of what. */
export function metricsOf(
  model: Model,
  target: Target,
  kernels: readonly Kernel[],
  assumptions: readonly string[],
  precision: Precision,
): Metrics {
  const costs = costsOf(kernels, target)
  const total = (of: (kernel: Kernel, cost: CostedKernel) => number) =>
    kernels.reduce((sum, kernel, i) => sum + of(kernel, costs[i]!) * kernel.repeats, 0)
  const macs = total(({ macs }) => macs)
  // What is filled up to blocks of channels is multiplied too.
  const executedMacs = total(({ shape }) => shape.macs)
  const dramBytes = total((_, cost) => cost.dramBytes)
  const sramBytes = total((_, cost) => cost.sramBytes)
  const weightBytes = kernels.reduce((sum, { shape }) => sum + shape.weightBytes, 0)
  const energy = energyMetrics({ macs: executedMacs, sramBytes, dramBytes }, target, precision)
  const memory = memoryMetrics(kernels, weightBytes, target)
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
    energyMj: energy.perInferenceMj,
    energy,
    macs,
    parameters: countParameters(model),
    weightBytes,
    peakActivationBytes: memory.peakBytes,
    memory,
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
  const latencyMs = callOfMs(graph, interaction)
  const metrics: KernelMetrics = {
    name: 'call of the runtime',
    kind: 'opaque',
    nodes: [],
    origins: [],
    latencyMs,
    latencyMsInterval: [latencyMs, latencyMs],
    macs: 0,
    weightBytes: 0,
    movedBytes: 0,
    dramBytes: 0,
    macsPerDramByte: null,
    macsPerSecond: 0,
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
  readonly unit?: Unit
  readonly latencyMs: number
  readonly lowMs: number
  readonly highMs: number
  readonly outOfRange?: readonly string[]
}

function costsOf(kernels: readonly Kernel[], target: Target): CostedKernel[] {
  if (target.kind === 'measured') {
    const predictor = loadPredictor(target.predictor)
    return kernels.map((kernel) => predictedCost(kernel, predictor, target))
  }
  const placements = residency(kernels, target)
  return kernels.map((kernel, i) => cycleCost(kernel, target, placements[i]!))
}

function predictedCost(kernel: Kernel, predictor: Predictor, target: Target): CostedKernel {
  const { latencyMs: aloneMs, lowMs, highMs, outOfRange, overheadShare, memoryShare } = predictor.predict(kernel.shape)
  const { interaction } = predictor.file
  const latencyMs = interaction === undefined ? aloneMs : inNetworkMs(aloneMs, kernel.shape, interaction)
  const share = latencyMs / aloneMs
  const isBusy = overheadShare < 0.5
  return {
    latencyMs,
    lowMs: lowMs * share,
    highMs: highMs * share,
    bound: !isBusy ? 'overhead' : memoryShare > 0.5 ? 'memory' : 'compute',
    utilisation: 0,
    ...(outOfRange.length > 0 && { outOfRange }),
    ...trafficOf(kernel, target),
  }
}

function cycleCost({ shape }: Kernel, target: ArrayTarget, placement: Placement): CostedKernel {
  const cost = kernelCost(shape, target, placement)
  const latencyMs = millisecondsOf(cost.cycles, target)
  return { ...cost, latencyMs, lowMs: latencyMs, highMs: latencyMs }
}

function kernelMetrics(kernel: Kernel, cost: CostedKernel): KernelMetrics {
  const { name, kind, nodes, repeats, shape } = kernel
  const latencyMs = cost.latencyMs * repeats
  const macs = kernel.macs * repeats
  const dramBytes = cost.dramBytes * repeats
  return {
    name,
    kind,
    nodes: nodes.map((node) => node.label),
    origins: [...new Set(nodes.flatMap((node) => node.provenance))],
    latencyMs,
    latencyMsInterval: [cost.lowMs * repeats, cost.highMs * repeats],
    macs,
    weightBytes: shape.weightBytes,
    movedBytes: (shape.inputBytes + shape.outputBytes + shape.weightBytes) * repeats,
    dramBytes,
    macsPerDramByte: macs === 0 || dramBytes === 0 ? null : macs / dramBytes,
    macsPerSecond: latencyMs === 0 ? 0 : (macs / latencyMs) * 1000,
    ...(cost.unit !== undefined && { unit: cost.unit }),
    bound: cost.bound,
    utilisation: cost.utilisation,
    ...(cost.outOfRange !== undefined && { outOfRange: cost.outOfRange }),
  }
}
