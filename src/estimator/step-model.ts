import type { KernelShape } from '../hw/shape.js'

/** Dense kernels as columns. */
export class DenseRows {
  readonly count: number
  readonly latencyMs: Float64Array
  readonly positions: Float64Array
  readonly taps: Float64Array
  readonly inChannels: Float64Array
  readonly outChannels: Float64Array
  readonly shortestMs: number

  constructor(rows: readonly Row[], shortestMs?: number) {
    const column = (of: (row: Row) => number) => Float64Array.from(rows, of)
    this.count = rows.length
    this.latencyMs = column(({ latencyMs }) => latencyMs)
    this.positions = column(({ batch, outHeight, outWidth }) => batch * outHeight * outWidth)
    this.taps = column(({ kernelHeight, kernelWidth }) => kernelHeight * kernelWidth)
    this.inChannels = column(({ inChannels }) => inChannels)
    this.outChannels = column(({ outChannels }) => outChannels)
    this.#rows = rows
    this.shortestMs = shortestMs ?? this.latencyMs.reduce((least, value) => Math.min(least, value), Infinity)
  }

  readonly #rows: readonly Row[]

  /** About so many of them, evenly. */
  part(count: number): DenseRows {
    return new DenseRows(evenly(this.#rows, count), this.shortestMs)
  }

  /** Rows that tell of steps at a glance: clearly longer than the overhead, and bound by no memory. */
  computing(overheadMs: number): DenseRows {
    const longerThan = (factor: number) =>
      this.#rows.filter(({ latencyMs }) => latencyMs > Math.max(factor * this.shortestMs, 1.5 * overheadMs))
    const long = longerThan(3)
    return new DenseRows(long.length < 100 ? longerThan(1.5) : long, this.shortestMs).belowRoofs(overheadMs)
  }

  /**
   * Without the rows on the roof of a memory, where bytes a millisecond are highest. If no row is bound by memory, only
   * the few nearest to the roof are lost.
   */
  belowRoofs(overheadMs: number): DenseRows {
    const busy = (row: Row) => Math.max(row.latencyMs - overheadMs, 0.3 * row.latencyMs)
    const roofs = roofTraffic.map((bytesOf) => {
      const rates = this.#rows.map((row) => bytesOf(row) / busy(row))
      return { rates, roof: rates.reduce((most, rate) => Math.max(most, rate), 0) }
    })
    const below = this.#rows.filter((_, i) => roofs.every(({ rates, roof }) => rates[i]! < 0.93 * roof))
    return new DenseRows(below, this.shortestMs)
  }
}

type Row = KernelShape & { readonly latencyMs: number }

const roofTraffic: readonly ((row: Row) => number)[] = [
  ({ weightBytes }) => weightBytes,
  ({ weightBytes, inputBytes }) => weightBytes + inputBytes,
  ({ weightBytes, outputBytes }) => weightBytes + outputBytes,
  ({ weightBytes, inputBytes, outputBytes }) => weightBytes + inputBytes + outputBytes,
]

/** Convolutions and products without groups, of the commonest format and fusion, at most `limit` of them, evenly. */
export function denseRows(rows: readonly Row[], limit: number): DenseRows {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    if ((row.kind !== 'convolution' && row.kind !== 'matmul') || row.groups !== 1 || row.macs === 0) continue
    const key = `${row.precision}/${row.fused}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  let largest: Row[] = []
  for (const group of groups.values()) if (group.length > largest.length) largest = group
  return new DenseRows(evenly(largest, limit))
}

function evenly<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!)
}

/** How an array of a x b multipliers takes a kernel apart. */
export interface Arrangement {
  readonly name: string
  /** Logarithms of the steps that each kernel takes. */
  readonly logSteps: (rows: DenseRows, a: number, b: number, out: Float64Array) => void
  /** The largest sizes in the rows that are cut into a and into b. */
  readonly extents: (rows: DenseRows) => readonly [ofA: number, ofB: number]
  /** What of a and b are lanes of channels. */
  readonly lanes: (a: number, b: number) => { readonly input: number; readonly output: number }
}

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0)

/** Steps of a kernel are the product of two counts of tiles and of what is streamed; see `src/hw/cycles`. */
export const arrangements: readonly Arrangement[] = [
  {
    name: 'dot-product',
    logSteps: ({ count, positions, taps, inChannels, outChannels }, a, b, out) => {
      for (let i = 0; i < count; i++) {
        const tiles = Math.ceil(inChannels[i]! / a) * Math.ceil(outChannels[i]! / b)
        out[i] = Math.log(positions[i]! * taps[i]! * tiles)
      }
    },
    extents: ({ inChannels, outChannels }) => [largest(inChannels), largest(outChannels)],
    lanes: (input, output) => ({ input, output }),
  },
  {
    name: 'weight-stationary',
    logSteps: ({ count, positions, taps, inChannels, outChannels }, a, b, out) => {
      for (let i = 0; i < count; i++) {
        const folds = Math.ceil((inChannels[i]! * taps[i]!) / a) * Math.ceil(outChannels[i]! / b)
        out[i] = Math.log(folds * (positions[i]! + 2 * a + b - 2))
      }
    },
    extents: ({ inChannels, outChannels }) => [largest(inChannels), largest(outChannels)],
    lanes: (input, output) => ({ input, output }),
  },
  {
    name: 'output-stationary',
    logSteps: ({ count, positions, taps, inChannels, outChannels }, a, b, out) => {
      for (let i = 0; i < count; i++) {
        const folds = Math.ceil(positions[i]! / a) * Math.ceil(outChannels[i]! / b)
        out[i] = Math.log(folds * (inChannels[i]! * taps[i]! + a + b - 2))
      }
    },
    extents: ({ positions, outChannels }) => [largest(positions), largest(outChannels)],
    lanes: (_, output) => ({ input: 1, output }),
  },
  {
    name: 'input-stationary',
    logSteps: ({ count, positions, taps, inChannels, outChannels }, a, b, out) => {
      for (let i = 0; i < count; i++) {
        const folds = Math.ceil((inChannels[i]! * taps[i]!) / a) * Math.ceil(positions[i]! / b)
        out[i] = Math.log(folds * (outChannels[i]! + 2 * a + b - 2))
      }
    },
    extents: ({ inChannels, positions }) => [largest(inChannels), largest(positions)],
    lanes: (input) => ({ input, output: 1 }),
  },
]
