import type { Block } from './block.js'

/**
 * Offsets of all blocks within `height`, or undefined if there are none or the budget (blocks tried) ends first.
 *
 * Depth first in order of rising offsets. Pushed down as far as it goes, any packing has every block on the ground or on
 * another; listed by offset, each block then sits on the highest of those before it that it conflicts with. At a step of
 * time, what is still to come must fit over what lies there already: that cuts most branches.
 * Source: the canonical order of M. Moffitt, "MiniMalloc", ASPLOS 2023.
 */
export function packExactly(blocks: readonly Block[], height: number, budget: number): Float64Array | undefined {
  return new Packing(blocks, height, budget).find()
}

class Packing {
  readonly #blocks: readonly Block[]
  readonly #height: number
  #budget: number
  readonly #offsets: Float64Array
  /** By step: where the highest block placed ends, and bytes of blocks still to be placed. */
  readonly #top: Float64Array
  readonly #open: Float64Array
  readonly #order: number[]

  constructor(blocks: readonly Block[], height: number, budget: number) {
    this.#blocks = blocks
    this.#height = height
    this.#budget = budget
    this.#offsets = new Float64Array(blocks.length).fill(-1)
    const steps = blocks.reduce((most, { last }) => Math.max(most, last + 1), 0)
    this.#top = new Float64Array(steps)
    this.#open = new Float64Array(steps)
    for (const { bytes, first, last } of blocks) for (let s = first; s <= last; s++) this.#open[s]! += bytes
    const area = ({ bytes, first, last }: Block) => bytes * (last - first + 1)
    this.#order = [...blocks.keys()]
      .filter((i) => blocks[i]!.bytes > 0)
      .sort((a, b) => area(blocks[b]!) - area(blocks[a]!) || a - b)
    blocks.forEach(({ bytes }, i) => {
      if (bytes === 0) this.#offsets[i] = 0
    })
  }

  find(): Float64Array | undefined {
    return this.#place(0, 0, -1) ? this.#offsets : undefined
  }

  /** `lowest` and `last` are offset and rank of the block placed before: equal offsets come by rank. */
  #place(placed: number, lowest: number, last: number): boolean {
    if (placed === this.#order.length) return true
    const candidates: { readonly rank: number; readonly offset: number }[] = []
    // A block may not go above the end of one that fits below it: that one could sit there in any such packing.
    let roof = Number.POSITIVE_INFINITY
    for (const [rank, block] of this.#order.entries()) {
      if (this.#offsets[block]! >= 0) continue
      this.#budget -= 1
      const offset = this.#ground(this.#blocks[block]!)
      // Under the block placed last it has missed its turn, until something raises it.
      if (offset < lowest) continue
      roof = Math.min(roof, offset + this.#blocks[block]!.bytes)
      if (offset > lowest || rank > last) candidates.push({ rank, offset })
    }
    candidates.sort((a, b) => a.offset - b.offset || a.rank - b.rank)
    for (const { rank, offset } of candidates) {
      if (offset >= roof) break
      if (this.#budget <= 0) return false
      const block = this.#order[rank]!
      const before = this.#put(block, offset)
      if (before !== undefined) {
        if (this.#place(placed + 1, offset, rank)) return true
        this.#take(block, before)
      }
    }
    return false
  }

  /** Where the highest block under it ends. */
  #ground({ first, last }: Block): number {
    let ground = 0
    for (let step = first; step <= last; step++) ground = Math.max(ground, this.#top[step]!)
    return ground
  }

  /** Places a block unless something would no longer fit; returns what `#take` needs to undo it. */
  #put(block: number, offset: number): Float64Array | undefined {
    const { bytes, first, last } = this.#blocks[block]!
    const end = offset + bytes
    for (let step = first; step <= last; step++) if (end + this.#open[step]! - bytes > this.#height) return undefined
    const before = this.#top.slice(first, last + 1)
    this.#top.fill(end, first, last + 1)
    for (let step = first; step <= last; step++) this.#open[step]! -= bytes
    this.#offsets[block] = offset
    return before
  }

  #take(block: number, before: Float64Array): void {
    const { bytes, first, last } = this.#blocks[block]!
    this.#top.set(before, first)
    for (let step = first; step <= last; step++) this.#open[step]! += bytes
    this.#offsets[block] = -1
  }
}
