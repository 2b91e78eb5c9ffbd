/** Seeded random numbers: the same seed gives the same inputs on every machine (sfc32 by C. Doty-Humphrey, seeded by splitmix32). */
export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    let state = seed >>> 0
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0
      let mixed = state ^ (state >>> 16)
      mixed = Math.imul(mixed, 0x21f0aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a2d97)
      return (mixed ^ (mixed >>> 15)) >>> 0
    }
    ;[this.#a, this.#b, this.#c, this.#d] = [next(), next(), next(), next() | 1]
  }

  /** In [0, 1). */
  uniform(): number {
    const t = (this.#a + this.#b) >>> 0
    const sum = (t + this.#d) >>> 0
    this.#d = (this.#d + 1) >>> 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) >>> 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0
    return sum / 2 ** 32
  }

  /** In [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1))
  }

  /** Mean 0, variance 1 (Box and Muller 1958); two uniform numbers each. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** A copy in another order, all orders alike (Fisher and Yates). */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const order = [...items]
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.integer(0, last)
      ;[order[last], order[other]] = [order[other]!, order[last]!]
    }
    return order
  }
}
