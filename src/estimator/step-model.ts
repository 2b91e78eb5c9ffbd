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

/**
 * How an array of a x b multipliers takes a kernel apart: steps = ceil(overA / a) ceil(overB / b) (streamed + skew); see
 * `src/hw/cycles`.
 */
export interface Arrangement {
  readonly name: string
  /** Sizes of each kernel that are cut into a and into b, and what is streamed through. */
  readonly overA: (rows: DenseRows) => Float64Array
  readonly overB: (rows: DenseRows) => Float64Array
  readonly streamed: (rows: DenseRows) => Float64Array
  /** Cycles to fill and drain the array. */
  readonly skew: (a: number, b: number) => number
  /** What of a and b are lanes of channels. */
  readonly lanes: (a: number, b: number) => { readonly input: number; readonly output: number }
}

const times = (left: Float64Array, right: Float64Array): Float64Array => left.map((value, i) => value * right[i]!)
const windows = ({ inChannels, taps }: DenseRows) => times(inChannels, taps)

export const arrangements: readonly Arrangement[] = [
  {
    name: 'dot-product',
    overA: ({ inChannels }) => inChannels,
    overB: ({ outChannels }) => outChannels,
    streamed: ({ positions, taps }) => times(positions, taps),
    skew: () => 0,
    lanes: (input, output) => ({ input, output }),
  },
  {
    name: 'weight-stationary',
    overA: windows,
    overB: ({ outChannels }) => outChannels,
    streamed: ({ positions }) => positions,
    skew: (a, b) => 2 * a + b - 2,
    lanes: (input, output) => ({ input, output }),
  },
  {
    name: 'output-stationary',
    overA: ({ positions }) => positions,
    overB: ({ outChannels }) => outChannels,
    streamed: windows,
    skew: (a, b) => a + b - 2,
    lanes: (_, output) => ({ input: 1, output }),
  },
  {
    name: 'input-stationary',
    overA: windows,
    overB: ({ positions }) => positions,
    streamed: ({ outChannels }) => outChannels,
    skew: (a, b) => 2 * a + b - 2,
    lanes: (input) => ({ input, output: 1 }),
  },
]

const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, value), 0)

/** Logarithms of the steps of kernels under one arrangement. Every logarithm is taken once for each size of a, b and skew. */
export class StepLogs {
  /** The largest sizes that are cut into a and into b. */
  readonly extents: readonly [ofA: number, ofB: number]
  readonly #tilesA: (a: number) => Float64Array
  readonly #tilesB: (b: number) => Float64Array
  readonly #stream: (skew: number) => Float64Array
  readonly #skew: Arrangement['skew']

  constructor(rows: DenseRows, arrangement: Arrangement) {
    const overA = arrangement.overA(rows)
    const overB = arrangement.overB(rows)
    const streamed = arrangement.streamed(rows)
    this.extents = [largest(overA), largest(overB)]
    this.#tilesA = remembered((a) => overA.map((size) => Math.log(Math.ceil(size / a))))
    this.#tilesB = remembered((b) => overB.map((size) => Math.log(Math.ceil(size / b))))
    this.#stream = remembered((skew) => streamed.map((size) => Math.log(size + skew)))
    this.#skew = arrangement.skew
  }

  /** For arrays of a x b. */
  into(a: number, b: number, out: Float64Array): void {
    const tilesA = this.#tilesA(a)
    const tilesB = this.#tilesB(b)
    const stream = this.#stream(this.#skew(a, b))
    for (let i = 0; i < out.length; i++) out[i] = tilesA[i]! + tilesB[i]! + stream[i]!
  }
}

function remembered(compute: (of: number) => Float64Array): (of: number) => Float64Array {
  const known = new Map<number, Float64Array>()
  return (of) => {
    let values = known.get(of)
    if (values === undefined) {
      values = compute(of)
      known.set(of, values)
    }
    return values
  }
}
