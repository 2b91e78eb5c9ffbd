/**
 * A candidate is a vector of option indices, one for each choice: the width of a channel group, the alternative of a
 * block, the resolution.
 */
export type Candidate = Uint8Array | Uint16Array

/** A kernel or an activation depends on the few choices that touch it. */
export interface Choices {
  /** Positions in the candidate, in any order, none twice. */
  readonly choices: readonly number[]
}

/** More combinations of options than this are kept in a Map as they occur, not in an array. */
const mostDense = 1 << 16

/** Writes the values of an item under `options` (in the order of its choices) to `into` from `at`. */
export type Fill = (item: number, options: readonly number[], into: Float64Array, at: number) => void

/**
 * Values of items that each depend on a few choices, computed when first asked for. All items' entries lie in one array;
 * the position is a mixed-radix number of the options.
 */
export class MemoTable {
  /** How many items there are. */
  readonly length: number
  /** Entries, `width` numbers each. Replaced when it grows: read it after `find`. */
  values: Float64Array
  /** How many entries have been computed. */
  filled = 0
  readonly #width: number
  readonly #fill: Fill
  /** Item i has `#choice[k]` with stride `#stride[k]` for k in [#start[i], #start[i + 1]). */
  readonly #start: Int32Array
  readonly #choice: Int32Array
  readonly #stride: Float64Array
  /** Where the item's dense entries begin; -1: it has a Map. */
  readonly #offset: Int32Array
  readonly #sparse: (Map<number, number> | undefined)[] = []
  readonly #known: Uint8Array
  #end: number

  constructor(optionCounts: readonly number[], items: readonly Choices[], width: number, fill: Fill) {
    this.length = items.length
    this.#width = width
    this.#fill = fill
    this.#start = new Int32Array(items.length + 1)
    this.#offset = new Int32Array(items.length)
    const choice: number[] = []
    const stride: number[] = []
    let entries = 0
    items.forEach(({ choices }, item) => {
      let combinations = 1
      for (const index of choices) {
        const count = optionCounts[index]
        if (count === undefined) throw new RangeError(`item ${item} depends on choice ${index}, which does not exist`)
        choice.push(index)
        stride.push(combinations)
        combinations *= count
      }
      if (combinations > Number.MAX_SAFE_INTEGER)
        throw new RangeError(`item ${item} depends on ${choices.length} choices with ${combinations} combinations`)
      this.#start[item + 1] = choice.length
      const isDense = combinations <= mostDense
      this.#offset[item] = isDense ? entries : -1
      this.#sparse.push(isDense ? undefined : new Map())
      if (isDense) entries += combinations
    })
    this.#choice = Int32Array.from(choice)
    this.#stride = Float64Array.from(stride)
    this.#known = new Uint8Array(entries)
    this.#end = entries
    this.values = new Float64Array(entries * width)
  }

  /** Where the item's values for this candidate begin in `values`. Every option must exist. */
  find(item: number, candidate: Candidate): number {
    let key = 0
    const end = this.#start[item + 1]!
    for (let k = this.#start[item]!; k < end; k++) key += candidate[this.#choice[k]!]! * this.#stride[k]!
    const offset = this.#offset[item]!
    if (offset >= 0) {
      const entry = offset + key
      return this.#known[entry] === 1 ? entry * this.#width : this.#compute(item, candidate, entry)
    }
    const entry = this.#sparse[item]!.get(key)
    if (entry !== undefined) return entry * this.#width
    this.#grow()
    const at = this.#compute(item, candidate, this.#end)
    this.#sparse[item]!.set(key, this.#end)
    this.#end += 1
    return at
  }

  #compute(item: number, candidate: Candidate, entry: number): number {
    const options: number[] = []
    for (let k = this.#start[item]!; k < this.#start[item + 1]!; k++) {
      options.push(candidate[this.#choice[k]!]!)
    }
    this.#fill(item, options, this.values, entry * this.#width)
    if (entry < this.#known.length) this.#known[entry] = 1
    this.filled += 1
    return entry * this.#width
  }

  #grow(): void {
    if ((this.#end + 1) * this.#width <= this.values.length) return
    const larger = new Float64Array(Math.max(1024, 2 * this.values.length))
    larger.set(this.values)
    this.values = larger
  }
}
