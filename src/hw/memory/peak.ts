/**
 * A schedule's liveness in flat arrays, for sweeps with other sizes. Buffers are named by index, kernels by their place
 * in the schedule.
 */
export interface Sweep {
  /** Buffers that come alive before step s: `born[bornStart[s]] .. born[bornStart[s + 1] - 1]`; likewise the rest. */
  readonly bornStart: Int32Array
  readonly born: Int32Array
  /** Buffers whose last reader is step s. */
  readonly dyingStart: Int32Array
  readonly dying: Int32Array
  /** Buffers that step s may write its result over, and that result. */
  readonly overwritableStart: Int32Array
  readonly overwritable: Int32Array
  readonly result: Int32Array
}

/** A buffer's life in steps of a schedule, both ends included; from -1: never alive, there for its size alone. */
export interface Lifetimes {
  readonly first: Int32Array
  readonly last: Int32Array
}

/** Compiles lifetimes; `overwritable` and `result` are given by step, and only what dies at its step is kept. */
export function compileSweep(
  steps: number,
  { first, last }: Lifetimes,
  overwritable: readonly (readonly number[])[],
  result: Int32Array,
): Sweep {
  const buffers = Array.from(first, (_, buffer) => buffer)
  const living = buffers.filter((buffer) => first[buffer]! >= 0)
  const [bornStart, born] = bucket(steps, living, (buffer) => first[buffer]!)
  const [dyingStart, dying] = bucket(steps, living, (buffer) => last[buffer]!)
  const pairs = overwritable.flatMap((candidates, step) =>
    candidates.filter((buffer) => last[buffer] === step).map((buffer) => ({ step, buffer })),
  )
  const [overwritableStart, order] = bucket(steps, [...pairs.keys()], (pair) => pairs[pair]!.step)
  const kept = order.map((pair) => pairs[pair]!.buffer)
  return { bornStart, born, dyingStart, dying, overwritableStart, overwritable: kept, result }
}

/** Largest sum of live bytes over the steps of a compiled schedule, for the given bytes by buffer. Microseconds. */
export function peakOf({ sweep }: { readonly sweep: Sweep }, sizes: Float64Array): number {
  const { bornStart, born, dyingStart, dying, overwritableStart, overwritable, result } = sweep
  const steps = result.length
  let live = 0
  let peak = 0
  for (let step = 0; step < steps; step++) {
    for (let i = bornStart[step]!; i < bornStart[step + 1]!; i++) live += sizes[born[i]!]!
    let during = live
    for (let i = overwritableStart[step]!; i < overwritableStart[step + 1]!; i++) {
      const size = sizes[result[step]!]!
      if (sizes[overwritable[i]!] === size) {
        during -= size
        break
      }
    }
    if (during > peak) peak = during
    for (let i = dyingStart[step]!; i < dyingStart[step + 1]!; i++) live -= sizes[dying[i]!]!
  }
  return peak
}

/** Live bytes during every step: what `peakOf` takes the largest of. */
export function liveBytesOf(sweep: Sweep, sizes: Float64Array): number[] {
  const { bornStart, born, dyingStart, dying, overwritableStart, overwritable, result } = sweep
  const during: number[] = []
  let live = 0
  for (let step = 0; step < result.length; step++) {
    for (let i = bornStart[step]!; i < bornStart[step + 1]!; i++) live += sizes[born[i]!]!
    const size = sizes[result[step]!]
    const takesOver = overwritable
      .subarray(overwritableStart[step], overwritableStart[step + 1])
      .some((buffer) => sizes[buffer] === size)
    during.push(takesOver ? live - size! : live)
    for (let i = dyingStart[step]!; i < dyingStart[step + 1]!; i++) live -= sizes[dying[i]!]!
  }
  return during
}

/** Items by step, as start indices and one flat list. */
function bucket(steps: number, items: readonly number[], stepOf: (item: number) => number): [Int32Array, Int32Array] {
  const start = new Int32Array(steps + 1)
  for (const item of items) start[stepOf(item) + 1]! += 1
  for (let step = 0; step < steps; step++) start[step + 1]! += start[step]!
  const next = start.slice()
  const flat = new Int32Array(items.length)
  for (const item of items) flat[next[stepOf(item)]!++] = item
  return [start, flat]
}
