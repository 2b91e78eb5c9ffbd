import type { DataSet } from '../accuracy/data-set.js'
import { joined } from '../accuracy/input/fit-samples.js'
import { modelOutputs, type RunOptions } from '../accuracy/model-outputs.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import type { Tensor } from '../ir/tensor.js'
import { dimsOf, dtypeOf } from '../ir/type.js'
import { cloneSlice, rootNode } from '../passes/clone-model.js'
import type { Runtime } from '../runtime/session.js'
import { ActivationStore } from './activation-store.js'
import { sourceOf } from './model-source.js'
import { pickedOf, pickPositions } from './picked-positions.js'

/** What values inside a model are for one sample, by name. */
export interface Activations {
  readonly sample: number
  readonly values: ReadonlyMap<string, Tensor>
}

/** A value, or some positions of it. */
export interface Wanted {
  readonly value: Value
  /** How many positions; of values with `knownPositions` only. */
  readonly picked?: number | undefined
}

/**
 * Walks a model in execution order while its weights change ahead of the walk: what is behind is run once over the samples, and
 * the values that the rest of the model needs are kept on disk. A whole fit costs one run of the model, not one a layer.
 */
export class StudentWalk {
  readonly #model: Model
  readonly #data: DataSet
  readonly #runtime: Runtime
  readonly #options: RunOptions
  readonly #store: ActivationStore
  /** Nodes in order, up to which everything is on disk. */
  #cut = 0

  private constructor(model: Model, data: DataSet, runtime: Runtime, options: RunOptions, store: ActivationStore) {
    this.#model = model
    this.#data = data
    this.#runtime = runtime
    this.#options = options
    this.#store = store
  }

  static async open(model: Model, data: DataSet, runtime: Runtime, options: RunOptions): Promise<StudentWalk> {
    return new StudentWalk(model, data, runtime, { ...options, onProgress: undefined }, await ActivationStore.open())
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  /**
   * Goes on to just before a node and gives values from before it, sample by sample: all of them, or what `pickPositions` picks.
   * Weights behind the node must not change any more. The values must be read to the end. Throws UserError where the runtime
   * does not take the model.
   */
  async *upTo(node: Node, wanted: readonly Wanted[]): AsyncGenerator<Activations> {
    const nodes = [...this.#model.graph.nodes()]
    const until = nodes.indexOf(node)
    const lifetimes = this.#lifetimes(nodes)
    const next = this.#cheapestCut(lifetimes, until)
    const live = next === this.#cut ? [] : liveAt(lifetimes, next)
    const kept = live.filter((value) => this.#store.get(value.name) === undefined && !value.isInput)
    const stored = await Promise.all(kept.map((value) => this.#store.create(value.name)))
    const outputs = [...kept.map((value) => ({ value })), ...wanted]
    for await (const found of this.#between(nodes.slice(this.#cut, until), outputs)) {
      for (const [at, value] of kept.entries()) await stored[at]!.add(found.sample, found.values.get(value.name)!)
      yield found
    }
    if (next === this.#cut) return
    await this.#store.keepOnly(new Set(live.map(({ name }) => name)))
    this.#cut = next
  }

  /** The model's outputs for some samples, with the weights as they are now. */
  async *outputs(samples: readonly number[]): AsyncGenerator<Activations> {
    const nodes = [...this.#model.graph.nodes()].slice(this.#cut)
    const outputs = this.#model.graph.outputs.map((value) => ({ value }))
    yield* this.#between(nodes, outputs, samples)
  }

  /**
   * Where to keep values: of the places from here to `until`, the one where they are smallest; wide activations between two
   * narrow ones are computed again rather than kept.
   */
  #cheapestCut(lifetimes: readonly Lifetime[], until: number): number {
    let [best, least] = [this.#cut, Number.POSITIVE_INFINITY]
    for (let at = until; at > this.#cut; at--) {
      const size = liveAt(lifetimes, at).reduce((sum, value) => sum + elementsOf(value), 0)
      if (size < least) [best, least] = [at, size]
    }
    return best
  }

  #lifetimes(nodes: readonly Node[]): Lifetime[] {
    const places = new Map(nodes.map((node, at) => [node, at]))
    const lifetime = (value: Value, from: number): Lifetime => {
      const uses = [...value.users.keys()].map((user) => places.get(rootNode(user))!)
      return { value, from, to: value.isGraphOutput ? Number.POSITIVE_INFINITY : Math.max(-1, ...uses) }
    }
    const fed = this.#model.graph.inputs.filter(({ tensor }) => tensor === undefined)
    const computed = nodes.flatMap(({ outputs }, at) =>
      outputs.flatMap((output) => (output === undefined ? [] : [lifetime(output, at)])),
    )
    return [...fed.map((value) => lifetime(value, -1)), ...computed]
  }

  /** What the nodes behind the cut compute, from what lies on disk. */
  async *#between(
    nodes: readonly Node[],
    wanted: readonly Wanted[],
    samples?: readonly number[],
  ): AsyncGenerator<Activations> {
    const data = this.#data
    const computed = new Set(nodes.flatMap(({ outputs }) => outputs))
    const picks = wanted.filter(({ value, picked }) => picked !== undefined && computed.has(value))
    const unique = [...new Set(wanted.filter((each) => !picks.includes(each)).map(({ value }) => value))]
    const whole = unique.filter((value) => computed.has(value))
    const atHand = unique.filter((value) => !computed.has(value))
    const sources = this.#sourcesOf(nodes, computed)
    const order = samples ?? Array.from({ length: data.count }, (_, sample) => sample)
    const handedOn = async (sample: number) => {
      const fromDisk = await this.#batch(atHand, [sample])
      const given = new Map(fromDisk)
      for (const { value, picked } of wanted)
        if (picked !== undefined && !computed.has(value))
          given.set(pickedName(value.name), pickedOf(fromDisk.get(value.name)!, picked))
      return given
    }
    if (whole.length + picks.length === 0) {
      for (const sample of order) yield { sample, values: await handedOn(sample) }
      return
    }
    const slice = cloneSlice(this.#model, { inputs: sources, nodes, outputs: whole })
    const names = pickFrom(slice, picks)
    const staged = await sourceOf(slice)
    try {
      const isBatch = sources.every(({ name, isInput }) => isInput || this.#store.get(name)!.isBatch)
      const batch = (chosen: readonly number[]) => this.#batch(sources, chosen)
      // What leads with something else than samples is fed as it is for one.
      const place = { runtime: this.#runtime, optimization: 'all', ...(isBatch ? {} : { batch: 1 }) } as const
      const options = { ...this.#options, samples: order }
      for await (const found of modelOutputs(staged.source, slice, { ...data, batch }, options, place))
        yield {
          sample: found.sample,
          values: new Map([...renamed(found.outputs, names), ...(await handedOn(found.sample))]),
        }
    } finally {
      await staged.discard()
    }
  }

  /** Values from outside that the nodes need, in a steady order. */
  #sourcesOf(nodes: readonly Node[], computed: ReadonlySet<Value | undefined>): Value[] {
    const inside = new Set(nodes)
    const isRead = (value: Value) => [...value.users.keys()].some((user) => inside.has(rootNode(user)))
    const before = [...this.#model.graph.nodes()].slice(0, this.#cut).flatMap(({ outputs }) => outputs)
    const inputs = this.#model.graph.inputs.filter(({ tensor }) => tensor === undefined)
    return [...inputs, ...before].filter(
      (value) => value !== undefined && !computed.has(value) && isRead(value),
    ) as Value[]
  }

  async #batch(values: readonly Value[], samples: readonly number[]): Promise<Map<string, Tensor>> {
    const fed = values.some(({ isInput }) => isInput) ? await this.#data.batch(samples) : new Map<string, Tensor>()
    const batch = new Map<string, Tensor>()
    for (const { name, isInput, tensor } of values) {
      if (tensor !== undefined) batch.set(name, tensor)
      else if (isInput) batch.set(name, fed.get(name)!)
      else batch.set(name, joined(await Promise.all(samples.map((sample) => this.#store.get(name)!.of(sample)))))
    }
    return batch
  }
}

/** A value, the node that computes it (-1: it is fed), and the last that needs it, by their places. */
interface Lifetime {
  readonly value: Value
  readonly from: number
  readonly to: number
}

/** Values from before a place that something at or behind it needs. */
const liveAt = (lifetimes: readonly Lifetime[], place: number): Value[] =>
  lifetimes.filter(({ from, to }) => from < place && to >= place).map(({ value }) => value)

/** Adds outputs that give some positions of values; by their names, those of the values. */
function pickFrom(slice: Model, picks: readonly Wanted[]): ReadonlyMap<string, string> {
  const byName = new Map([...valuesOf(slice.graph)].map((value) => [value.name, value]))
  return new Map(picks.map(({ value, picked }) => [pickPositions(slice, byName.get(value.name)!, picked!), value.name]))
}

function renamed(outputs: ReadonlyMap<string, Tensor>, names: ReadonlyMap<string, string>): Map<string, Tensor> {
  return new Map([...outputs].map(([name, tensor]) => [names.has(name) ? pickedName(names.get(name)!) : name, tensor]))
}

/** What picked positions of a value are called among activations. */
export const pickedName = (name: string): string => `${name} picked`

const elementsOf = ({ type }: Value): number => {
  const dims = dimsOf(type)
  if (dims === undefined || dtypeOf(type) === undefined) return Number.POSITIVE_INFINITY
  return dims.reduce<number>((all, dim) => all * (typeof dim === 'number' ? dim : 1), 1)
}
