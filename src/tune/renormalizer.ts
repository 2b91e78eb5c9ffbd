import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import { isStatic } from '../ir/dim.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { Patch } from '../ir/patch.js'
import { Tensor } from '../ir/tensor.js'
import { dimsOf, dtypeOf } from '../ir/type.js'
import { cloneModel } from '../passes/clone-model.js'
import {
  type ChannelStatistics,
  channelAxis,
  placer,
  probeStatistics,
  type StatisticsProbe,
} from './channel-statistics.js'
import { type LinearLayer, linearLayer } from './linear-layer.js'
import { StatisticsRuns } from './statistics-runs.js'
import type { TunedLayer, Tuner } from './tuner.js'

/** Values of a channel that statistics are taken of, in a run and in all; with fewer a layer stays as it is. */
const [leastOfRun, leastOfAll] = [32, 256]
/** No channel's deviation is changed by more than this factor, or by its inverse. */
const mostSlope = 4
/** Added to variances: of channels that are never anything. */
const deadVariance = 1e-10

/** A layer of the student, and the statistics that its channels have in the original. */
interface Matched {
  readonly layer: LinearLayer
  readonly target: string
  readonly wanted: ChannelStatistics
}

/**
 * Gives the channels of a rewritten model the means and deviations that they have in the original: what re-estimating
 * BatchNormalizations does for sub-networks of a supernet, with the normalization folded into the weights of the layer before
 * it. One pass over some samples, whatever the number of layers: while it runs, every layer is normalized with what its batch
 * has, so that the next one sees what it will see afterwards. Nothing is solved for. Source: Yu and Huang, ICCV 2019; as a
 * correction of weights Jordan et al. (REPAIR), ICLR 2023.
 */
export class Renormalizer {
  readonly #runs: StatisticsRuns
  /** Of the original, by the names of layers' outputs. */
  readonly #known: ReadonlyMap<string, ChannelStatistics>

  private constructor(runs: StatisticsRuns, known: ReadonlyMap<string, ChannelStatistics>) {
    this.#runs = runs
    this.#known = known
  }

  /** Runs the original. Throws UserError where the runtime does not take it. */
  static async open(teacher: Model, data: DataSet, options: RunOptions): Promise<Renormalizer> {
    const runs = await StatisticsRuns.open(teacher, data, options)
    try {
      const copy = cloneModel(teacher)
      const patch = new Patch(copy)
      const probes = layersOf([...copy.graph.nodes()]).map(
        ({ output, layout }) => [output, probeStatistics(patch, output, channelAxis(output, layout))] as const,
      )
      return new Renormalizer(runs, await runs.of(patch, new Map(probes)))
    } catch (error) {
      runs.close()
      throw error
    }
  }

  /** All layers from the first rewritten one on, save those that give outputs of the model. */
  readonly tune: Tuner = async ({ student, correspondence, fitted }) => {
    const rewritten = new Set(fitted.map(({ node }) => node))
    const nodes = [...student.graph.nodes()]
    const start = nodes.findIndex((node) => rewritten.has(node))
    const matched = layersOf(start < 0 ? [] : nodes.slice(start)).flatMap((layer): Matched[] => {
      if (!this.#hasEnough(layer)) return []
      const axis = channelAxis(layer.output, layer.layout)
      const counterpart = correspondence.of(layer.output)
      const known = counterpart && this.#known.get(counterpart.original)
      if (known === undefined || [...counterpart!.positions.keys()].some((other) => other !== axis)) return []
      const wanted = selected(known, counterpart!.positions.get(axis))
      return wanted === undefined ? [] : [{ layer, target: counterpart!.original, wanted }]
    })
    if (matched.length === 0) return { layers: [] }
    const found = await this.#statistics(student, matched)
    const patch = new Patch(student)
    const layers = matched.flatMap(({ layer, target, wanted }): TunedLayer[] => {
      const isWritten = normalize(layer, found.get(layer.output.name)!, wanted, patch)
      return isWritten ? [{ layer: layer.node.label, target, regularisation: 0, conditioning: 1 }] : []
    })
    patch.collectGarbage(() => true)
    return { layers }
  }

  close(): void {
    this.#runs.close()
  }

  #hasEnough({ output, layout }: LinearLayer): boolean {
    const dims = dimsOf(output.type)!
    const channels = channelAxis(output, layout)
    const places = dims.reduce<number>(
      (all, dim, axis) => (axis === 0 || axis === channels || !isStatic(dim) ? all : all * dim),
      1,
    )
    return places * this.#runs.size >= leastOfRun && places * this.#runs.samples >= leastOfAll
  }

  /** By the names of layers' outputs, what they are while all of them are normalized. */
  #statistics(student: Model, matched: readonly Matched[]): Promise<ReadonlyMap<string, ChannelStatistics>> {
    const copy = cloneModel(student)
    const patch = new Patch(copy)
    const wanted = new Map(matched.map((each) => [each.layer.output.name, each.wanted]))
    const probes = new Map<Value, StatisticsProbe>()
    for (const { output, layout } of layersOf([...copy.graph.nodes()])) {
      const statistics = wanted.get(output.name)
      if (statistics !== undefined)
        probes.set(output, normalizedInRun(patch, output, channelAxis(output, layout), statistics))
    }
    return this.#runs.of(patch, probes)
  }
}

/** Layers whose outputs may be given other scales and shifts. */
const layersOf = (nodes: readonly Node[]): LinearLayer[] =>
  nodes.flatMap((node) => {
    const layer = linearLayer(node)
    if (layer === undefined || !layer.hasBias || layer.output.isGraphOutput) return []
    const { type } = layer.output
    return dtypeOf(type) === 'float32' && dimsOf(type) !== undefined ? [layer] : []
  })

/** Of the channels that are left; undefined: some are new. */
function selected(
  { mean, variance }: ChannelStatistics,
  positions: Int32Array | undefined,
): ChannelStatistics | undefined {
  if (positions === undefined) return { mean, variance }
  if (positions.some((at) => at < 0)) return undefined
  const of = (all: Float64Array) => Float64Array.from(positions, (at) => all[at]!)
  return { mean: of(mean), variance: of(variance) }
}

/** (value - its mean) * slope + the mean that is wanted, for everything that reads the value. */
function normalizedInRun(patch: Patch, value: Value, axis: number, wanted: ChannelStatistics): StatisticsProbe {
  const users = [...value.users.keys()]
  const probe = probeStatistics(patch, value, axis)
  const after = placer(patch, probe.variance)
  const dims = dimsOf(value.type)!.map((_, at) => (at === axis ? wanted.mean.length : 1))
  const scalar = (number: number) => patch.constant(value.graph, Tensor.float32([number], []), 'bound')
  const each = (values: Float64Array) =>
    patch.constant(value.graph, Tensor.fromArray('float32', dims, Float32Array.from(values)), 'wanted')
  const ratio = after('Div', [
    each(wanted.variance.map((variance) => variance + deadVariance)),
    after('Add', [probe.variance, scalar(deadVariance)]),
  ])
  const slope = after('Min', [after('Max', [after('Sqrt', [ratio]), scalar(1 / mostSlope)]), scalar(mostSlope)])
  const result = after('Add', [after('Mul', [probe.centred, slope]), each(wanted.mean)])
  for (const user of users) {
    user.inputs.forEach((input, slot) => {
      if (input === value) patch.setInput(user, slot, result)
    })
  }
  return probe
}

/** The same in the weights. false: they would be too large for their dtype, and stay. */
function normalize(layer: LinearLayer, found: ChannelStatistics, wanted: ChannelStatistics, patch: Patch): boolean {
  const slope = found.variance.map((variance, channel) => {
    const ratio = (wanted.variance[channel]! + deadVariance) / (variance + deadVariance)
    return Math.min(mostSlope, Math.max(1 / mostSlope, Math.sqrt(ratio)))
  })
  const { groups, outputs, features } = layer
  const weights = Array.from({ length: groups }, (_, group) =>
    layer.weights(group).map((value, at) => {
      const channel = group * outputs + (at % outputs)
      if (at < features * outputs) return value * slope[channel]!
      return (value - found.mean[channel]!) * slope[channel]! + wanted.mean[channel]!
    }),
  )
  return layer.write(patch, weights)
}
