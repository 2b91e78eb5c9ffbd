import type { DataSet } from '../accuracy/data-set.js'
import { modelOutputs, type RunOptions } from '../accuracy/model-outputs.js'
import type { Model } from '../ir/graph.js'
import { type Tensor, volume } from '../ir/tensor.js'
import { channelGroups } from '../passes/architecture/channel-groups.js'
import type { Correspondence } from '../passes/architecture/correspondence.js'
import { type LinearReader, readingAxes } from '../passes/architecture/linear-readers.js'
import { SeededRandom } from '../runtime/random.js'
import { stageProbe } from './probe.js'
import { ProductSums } from './product-sums.js'

/** First and second moments of the positions of an axis, over samples and all other axes. */
export interface Moments {
  /** [positions] */
  readonly mean: Float64Array
  /** [positions, positions], row-major: mean of products, not centred. */
  readonly second: Float64Array
}

/** Moments by value and axis. */
export interface MomentTable {
  /** undefined: nobody asked for them, or there are too many positions. */
  of(value: string, axis: number): Moments | undefined
}

/**
 * Of the positions that a reader of a rewritten model has left of the original's; new ones are zero. undefined: nothing is known
 * of them.
 */
export function momentsAt(
  { value, axis, units }: Pick<LinearReader, 'value' | 'axis' | 'units'>,
  table: MomentTable,
  correspondence: Correspondence,
): Moments | undefined {
  const counterpart = correspondence.of(value)
  const moments = counterpart && table.of(counterpart.original, axis)
  if (moments === undefined) return undefined
  const positions = counterpart?.positions.get(axis)
  const left = positions === undefined ? moments : selected(moments, positions)
  return left.mean.length === units.length ? left : undefined
}

/** Of those positions; new ones (-1) are zero. */
function selected({ mean, second }: Moments, positions: Int32Array): Moments {
  const size = positions.length
  const of = new Float64Array(size * size)
  positions.forEach((p, i) => {
    positions.forEach((q, j) => {
      if (p >= 0 && q >= 0) of[i * size + j] = second[p * mean.length + q]!
    })
  })
  return { mean: Float64Array.from(positions, (p) => (p < 0 ? 0 : mean[p]!)), second: of }
}

/** [positions, positions] */
export function covariance({ mean, second }: Moments): Float64Array {
  const size = mean.length
  return second.map((value, i) => value - mean[Math.floor(i / size)]! * mean[i % size]!)
}

/** Moments by place, as plain data: other processes can score by them too. */
export type MomentRecords = ReadonlyMap<string, Moments>

export const momentTable = (records: MomentRecords): MomentTable & { readonly records: MomentRecords } => ({
  records,
  of: (value, axis) => records.get(keyOf(value, axis)),
})

/** At most so many samples are looked at, spread over the set. */
const sampleLimit = 1024
/** Rows of an axis of n positions: this many times n, not below the least. */
const rowsPerPosition = 8
const leastRows = 4096
/** Axes with more positions than this (flattened images, say) are left out: their moments do not fit. */
const positionLimit = 2048

/**
 * Moments of every axis at which channels of a model are or may come to be read, in one pass over the samples. Memory does not
 * depend on the number of samples: of each a few places are drawn. Throws UserError where the runtime does not take the model.
 */
export async function gatherMoments(
  model: Model,
  data: DataSet,
  options: RunOptions = {},
): Promise<ReturnType<typeof momentTable>> {
  const sums = momentSums(model)
  if (sums.size === 0) return momentTable(new Map())
  const probe = await stageProbe(model, [...new Set([...sums.values()].map(({ value }) => value))])
  try {
    const samples = spread(data.count, Math.min(data.count, sampleLimit))
    const random = new SeededRandom(samples.length)
    for await (const { outputs } of modelOutputs({ path: probe.path }, probe.model, data, { ...options, samples })) {
      for (const sum of sums.values()) sum.add(outputs.get(sum.value)!, samples.length, random)
    }
  } finally {
    await probe.discard()
  }
  return momentTable(new Map([...sums].map(([key, sum]) => [key, sum.moments()])))
}

function momentSums(model: Model): Map<string, MomentSums> {
  const sums = new Map<string, MomentSums>()
  for (const group of channelGroups(model)) {
    if (group.pinned !== undefined) continue
    for (const { value, axis, positions } of readingAxes(group))
      if (positions <= positionLimit) sums.set(keyOf(value.name, axis), new MomentSums(value.name, axis, positions))
  }
  return sums
}

const keyOf = (value: string, axis: number): string => `${axis} ${value}`

/** `wanted` of the first `count` numbers, evenly spread. */
const spread = (count: number, wanted: number): number[] =>
  Array.from({ length: wanted }, (_, i) => Math.floor((i * count) / wanted))

class MomentSums {
  readonly value: string
  readonly #axis: number
  readonly #positions: number
  readonly #sums: Float64Array
  readonly #products: ProductSums
  #count = 0

  constructor(value: string, axis: number, positions: number) {
    this.value = value
    this.#axis = axis
    this.#positions = positions
    this.#sums = new Float64Array(positions)
    this.#products = new ProductSums(positions)
  }

  /** Some places of one sample, at most one from each of as many equal parts of it. */
  add(tensor: Tensor, samples: number, random: SeededRandom): void {
    const { dims } = tensor
    const positions = this.#positions
    if (dims[this.#axis] !== positions) throw new Error(`"${this.value}" [${dims}] has not ${positions} positions`)
    const values = tensor.numbers()
    const inner = volume(dims.slice(this.#axis + 1))
    const places = tensor.size / positions
    const rows = Math.max(leastRows, rowsPerPosition * positions)
    const wanted = Math.min(places, Math.ceil(rows / samples))
    const row = new Float64Array(positions)
    for (let i = 0; i < wanted; i++) {
      const place = Math.floor(((i + random.uniform()) * places) / wanted)
      const first = Math.floor(place / inner) * inner * positions + (place % inner)
      for (let p = 0; p < positions; p++) row[p] = values[first + p * inner]!
      this.#addRow(row)
    }
  }

  #addRow(row: Float64Array): void {
    this.#count += 1
    for (let p = 0; p < row.length; p++) this.#sums[p]! += row[p]!
    this.#products.add(row)
  }

  moments(): Moments {
    const count = Math.max(1, this.#count)
    return { mean: this.#sums.map((sum) => sum / count), second: this.#products.matrix(count) }
  }
}
