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
 * the position is a mixed-radix number of the options. Where there are more combinations than numbers that are told apart, the
 * number has several digits, each of as many choices as a safe integer holds, and entries lie in Maps within Maps.
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
  /** Where the item's dense entries begin; -1: they are sparse. */
  readonly #offset: Int32Array
  readonly #sparse: (Entries | undefined)[] = []
  /** By item, the places in `#choice` at which digits after the first begin, and where the last one ends. */
  readonly #digits: (readonly number[])[] = []
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
      const digits: number[] = []
      for (const index of choices) {
        const count = optionCounts[index]
        if (count === undefined) throw new RangeError(`item ${item} depends on choice ${index}, which does not exist`)
        if (combinations * count > Number.MAX_SAFE_INTEGER) {
          digits.push(choice.length)
          combinations = 1
        }
        choice.push(index)
        stride.push(combinations)
        combinations *= count
      }
      this.#start[item + 1] = choice.length
      this.#digits.push([...digits, choice.length])
      const isDense = digits.length === 0 && combinations <= mostDense
      this.#offset[item] = isDense ? entries : -1
      this.#sparse.push(isDense ? undefined : new Entries())
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
    const offset = this.#offset[item]!
    if (offset < 0) return this.#findSparse(item, candidate)
    const entry = offset + this.#number(this.#start[item]!, this.#start[item + 1]!, candidate)
    return this.#known[entry] === 1 ? entry * this.#width : this.#compute(item, candidate, entry)
  }

  #findSparse(item: number, candidate: Candidate): number {
    let entries = this.#sparse[item]!
    let key = 0
    let from = this.#start[item]!
    const digits = this.#digits[item]!
    for (const [i, end] of digits.entries()) {
      key = this.#number(from, end, candidate)
      from = end
      if (i === digits.length - 1) break
      let within = entries.within.get(key)
      if (within === undefined) entries.within.set(key, (within = new Entries()))
      entries = within
    }
    const entry = entries.at.get(key)
    if (entry !== undefined) return entry * this.#width
    this.#grow()
    const at = this.#compute(item, candidate, this.#end)
    entries.at.set(key, this.#end)
    this.#end += 1
    return at
  }

  /** Of the choices at [from, to) the mixed-radix number of their options. */
  #number(from: number, to: number, candidate: Candidate): number {
    let number = 0
    for (let k = from; k < to; k++) number += candidate[this.#choice[k]!]! * this.#stride[k]!
    return number
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

/** Entries of an item by the last digit of its number; by digits before it the entries within. */
class Entries {
  readonly at = new Map<number, number>()
  readonly within = new Map<number, Entries>()
}
