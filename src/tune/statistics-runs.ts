import type { DataSet } from '../accuracy/data-set.js'
import { fedInputs } from '../accuracy/input/sample-input.js'
import { openRuntime, type RunOptions } from '../accuracy/model-outputs.js'
import { UserError } from '../ir/errors.js'
import type { Model, Value } from '../ir/graph.js'
import { inferTypes } from '../ir/infer.js'
import type { Patch } from '../ir/patch.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf } from '../ir/type.js'
import { isFailure, type Runtime } from '../runtime/session.js'
import { type ChannelStatistics, type StatisticsProbe, StatisticsSum } from './channel-statistics.js'
import { sourceOf } from './model-source.js'

/** Samples that statistics are taken of, all of them in one run where the memory allows. */
const [fewest, most] = [16, 96]
/** Elements of the largest value of a run. */
const elementsOfRun = 24e6

/** The same samples, run through one model after the other in batches of one size. */
export class StatisticsRuns {
  readonly #runtime: Runtime
  readonly #options: RunOptions
  readonly #batches: readonly ReadonlyMap<string, Tensor>[]
  /** Samples of a batch. */
  readonly size: number

  private constructor(options: RunOptions, batches: readonly ReadonlyMap<string, Tensor>[], size: number) {
    this.#runtime = openRuntime(options)
    this.#options = options
    this.#batches = batches
    this.size = size
  }

  /** Samples spread over the set; a model of a fixed batch says how many go together. */
  static async open(model: Model, data: DataSet, options: RunOptions): Promise<StatisticsRuns> {
    const leading = dimsOf(fedInputs(model)[0]?.type)?.[0]
    const fitting = Math.floor(elementsOfRun / elementsOfLargest(model))
    const size =
      typeof leading === 'number' ? leading : Math.max(1, Math.min(most, data.batchLimit ?? most, fitting, data.count))
    const count = Math.max(1, Math.ceil(Math.min(fewest, data.count) / size))
    const wanted = size * count
    const samples = Array.from({ length: wanted }, (_, i) => Math.floor((i * data.count) / wanted))
    const batches = Array.from({ length: count }, (_, i) => data.batch(samples.slice(i * size, (i + 1) * size)))
    return new StatisticsRuns(options, await Promise.all(batches), size)
  }

  /** Samples of all batches. */
  get samples(): number {
    return this.size * this.#batches.length
  }

  /** What the probes of a model find, by the names of the values that they look at. Throws UserError where the runtime does not take it. */
  async of(patch: Patch, probes: ReadonlyMap<Value, StatisticsProbe>): Promise<Map<string, ChannelStatistics>> {
    const { model } = patch
    const asked = [...probes.values()].flatMap(({ mean, variance }) => [mean, variance])
    for (const value of asked) patch.appendOutput(model.graph, value)
    inferTypes(model)
    for (const value of asked) value.claim ??= value.type
    const { source, discard } = await sourceOf(model)
    try {
      const { threads = 1 } = this.#options
      const session = await this.#runtime.load(source, { optimization: 'all', threads })
      if (isFailure(session)) throw notRun(model, session.message)
      const sums = new Map([...probes.keys()].map((value) => [value, new StatisticsSum()]))
      for (const feeds of this.#batches) {
        const names = asked.map(({ name }) => name)
        const outputs = await this.#runtime.run(session, feeds, names)
        if (isFailure(outputs)) throw notRun(model, outputs.message)
        const numbers = ({ name }: Value) => Float64Array.from(outputs.get(name)!.numbers())
        for (const [value, { mean, variance }] of probes) sums.get(value)!.add(numbers(mean), numbers(variance))
      }
      await this.#runtime.release(session)
      return new Map([...sums].map(([{ name }, sum]) => [name, sum.statistics()]))
    } finally {
      await discard()
    }
  }

  close(): void {
    this.#runtime.close()
  }
}

const notRun = (model: Model, why: string) =>
  new UserError('invalid-model', '', `onnxruntime: ${why}`, 'check that model and data belong together', model.file)

/** For one sample, as far as sizes are known. */
function elementsOfLargest(model: Model): number {
  const outputs = [...model.graph.nodes()].flatMap((node) => node.outputs)
  const sizes = outputs.map((output) => elementsBehind(dimsOf(output?.type)?.slice(1) ?? []))
  return Math.max(1, ...sizes)
}

const elementsBehind = (dims: readonly unknown[]): number =>
  dims.reduce<number>((all, dim) => all * (typeof dim === 'number' ? dim : 1), 1)
