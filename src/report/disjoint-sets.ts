export interface TwoSides {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Union-find over 0 .. size - 1. */
export class DisjointSets {
  readonly #parents: Int32Array

  constructor(size: number) {
    this.#parents = Int32Array.from({ length: size }, (_, i) => i)
  }

  find(index: number): number {
    const parents = this.#parents
    let at = index
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!
      at = parents[at]!
    }
    return at
  }

  join(a: number, b: number): void {
    this.#parents[this.find(b)] = this.find(a)
  }

  /**
   * The sets of two sides, in the order in which their first members come: members of the first side are numbers of theirs,
   * those of the second come behind `offset`.
   */
  sides(before: Iterable<number>, after: Iterable<number>, offset: number): TwoSides[] {
    const found = new Map<number, { before: number[]; after: number[] }>()
    const setOf = (member: number) => {
      const root = this.find(member)
      const set = found.get(root) ?? { before: [], after: [] }
      found.set(root, set)
      return set
    }
    for (const i of before) setOf(i).before.push(i)
    for (const i of after) setOf(offset + i).after.push(i)
    return [...found.values()]
  }
}
