import type { DataSet } from '../accuracy/data-set.js'
import { modelOutputs, type RunOptions } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import { valuesOf } from '../ir/graph-values.js'
import { Tensor, volume } from '../ir/tensor.js'
import { identity } from '../passes/architecture/positions.js'
import { cloneModel } from '../passes/clone-model.js'
import type { Runtime } from '../runtime/session.js'
import { ActivationStore } from './activation-store.js'
import { efforts, type TuneEffort } from './effort.js'
import { channelsAt, drawnPositions, type RowLayout, rowShape } from './feature-rows.js'
import { knownPositions, pickPositions } from './picked-positions.js'
import { stageProbe } from './probe.js'
import { type Targets, targetGroups } from './target-groups.js'

type Target = readonly [name: string, layout: RowLayout]

export interface TargetRows {
  /** Of the value, of that sample. */
  readonly dims: readonly number[]
  readonly positions: Int32Array
  /** [positions, channels]. */
  readonly rows: Float32Array
}

/**
 * What the original computes at some positions of some values, and its outputs, for every sample: on disk, from one run of the
 * original for all that was asked at once; rows that several fits share are the same whatever was asked for before. Close it
 * when done.
 */
export class TeacherRows {
  readonly #model: Model
  readonly #data: DataSet
  readonly #options: RunOptions
  readonly #store: ActivationStore
  /** Values that come from one run; undefined: those that are asked for at once. */
  readonly #groups: readonly Targets[] | undefined
  /** By value, by sample. */
  readonly #dims = new Map<string, (readonly number[])[]>()
  /** Positions that are kept of a sample, at most. */
  readonly perSample: number
  #hasOutputs = false

  private constructor(
    model: Model,
    data: DataSet,
    options: RunOptions,
    { rows, isShared }: Pick<TuneEffort, 'rows' | 'isShared'>,
    store: ActivationStore,
  ) {
    this.#model = model
    this.#data = data
    this.#options = { ...options, onProgress: undefined }
    this.#store = store
    this.#groups = isShared ? targetGroups(model) : undefined
    this.perSample = Math.max(1, Math.ceil(rows / data.count))
  }

  /** `effort`: rows of a value, over all samples, at most; and whether many fits share them. */
  static async open(
    model: Model,
    data: DataSet,
    options: RunOptions,
    effort: Pick<TuneEffort, 'rows' | 'isShared'> = efforts.full,
  ): Promise<TeacherRows> {
    return new TeacherRows(model, data, options, effort, await ActivationStore.open())
  }

  /** Runs the original for what is not there yet. Throws UserError where the runtime does not take it. */
  async gather(wanted: Targets, runtime: Runtime): Promise<void> {
    const missing = [...wanted].filter(([name]) => !this.#dims.has(name))
    if (missing.length === 0 && this.#hasOutputs) return
    for (const targets of this.#groups === undefined ? [missing] : this.#groupsOf(missing, this.#groups))
      await this.#gather(targets, runtime)
  }

  /** The groups that values are in, each other value by itself. Outputs come with the first group. */
  #groupsOf(missing: readonly Target[], groups: readonly Targets[]): Target[][] {
    const isMissing = ([name]: Target) => missing.some((each) => each[0] === name)
    const wanted = groups.filter((group, at) => (at === 0 && !this.#hasOutputs) || [...group].some(isMissing))
    const alone = missing.filter(([name]) => !groups.some((group) => group.has(name)))
    return [...wanted.map((group) => [...group]), ...alone.map((target) => [target])]
  }

  async #gather(missing: readonly Target[], runtime: Runtime): Promise<void> {
    const model = cloneModel(this.#model)
    const picks = this.#picks(model, missing)
    const whole = missing.map(([name]) => name).filter((name) => !picks.has(name))
    const probe = await stageProbe(model, whole)
    const stored = new Map(
      await Promise.all(missing.map(async ([name]) => [name, await this.#store.create(rowsName(name))] as const)),
    )
    const outputs = this.#hasOutputs ? [] : this.#model.graph.outputs.map(({ name }) => name)
    const answers = new Map(
      await Promise.all(outputs.map(async (name) => [name, await this.#store.create(outputName(name))] as const)),
    )
    const place = { runtime, optimization: 'all' } as const
    try {
      const runs = modelOutputs({ path: probe.path }, probe.model, this.#data, this.#options, place)
      for await (const { sample, outputs: found } of runs) {
        for (const [name, value] of answers) await value.add(sample, found.get(name)!)
        for (const [name, layout] of missing) {
          const pick = picks.get(name)
          const tensor = found.get(pick?.output ?? name)!
          const { positions, channels } = rowShape(tensor.dims, layout)
          const drawn = pick === undefined ? drawnPositions(positions, this.perSample) : identity(positions)
          const rows = channelsAt(tensor, drawn, layout)
          await stored.get(name)!.add(sample, Tensor.fromArray('float32', [drawn.length, channels], rows))
          const dims = this.#dims.get(name) ?? []
          dims[sample] = pick === undefined ? tensor.dims : [1, channels, ...pick.dims]
          this.#dims.set(name, dims)
        }
      }
    } finally {
      await probe.discard()
    }
    this.#hasOutputs = true
  }

  /** Of a value that was gathered: at most `most` positions of the sample, the same ones as of any other value of that size. */
  async rowsOf(name: string, sample: number, most: number): Promise<TargetRows> {
    const tensor = await this.#store.get(rowsName(name))!.of(sample)
    const dims = this.#dims.get(name)![sample]!
    const [count = 0, channels = 0] = tensor.dims
    const taken = Math.min(count, most)
    const rows = (tensor.array() as Float32Array).subarray(0, taken * channels)
    return { dims, positions: drawnPositions(volume(dims) / Math.max(1, channels), taken), rows }
  }

  /** Outputs of the model that give the kept positions of a value where its sizes are known beforehand. */
  #picks(model: Model, missing: readonly Target[]) {
    const byName = new Map([...valuesOf(model.graph)].map((value) => [value.name, value]))
    const picks = new Map<string, { readonly output: string; readonly dims: readonly number[] }>()
    for (const [name, layout] of missing) {
      const value = byName.get(name)
      const dims = value === undefined || layout === 'channels-last' ? undefined : knownPositions(value)
      if (dims !== undefined) picks.set(name, { output: pickPositions(model, value!, this.perSample), dims })
    }
    return picks
  }

  /** The model's own outputs for a sample, by name. */
  async outputsOf(sample: number): Promise<ReadonlyMap<string, Tensor>> {
    const names = this.#model.graph.outputs.map(({ name }) => name)
    const values = await Promise.all(names.map((name) => this.#store.get(outputName(name))!.of(sample)))
    return new Map(names.map((name, at) => [name, values[at]!]))
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

const rowsName = (name: string): string => `rows ${name}`
const outputName = (name: string): string => `output ${name}`
