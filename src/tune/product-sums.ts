/** Sums of products of every two columns, row by row: X'X of rows that need not be in memory together. */
export class ProductSums {
  readonly size: number
  /** Lower triangle, row-major [size, size]. */
  readonly #sums: Float64Array

  constructor(size: number) {
    this.size = size
    this.#sums = new Float64Array(size * size)
  }

  /** The row that begins at `start`. */
  add(values: ArrayLike<number>, start = 0): void {
    const { size } = this
    for (let p = 0; p < size; p++) {
      const value = values[start + p]!
      // Behind an activation many are.
      if (value === 0) continue
      const first = p * size
      for (let q = 0; q <= p; q++) this.#sums[first + q]! += value * values[start + q]!
    }
  }

  /** [size, size], both triangles, each element over `divisor`. */
  matrix(divisor = 1): Float64Array {
    const { size } = this
    const whole = new Float64Array(size * size)
    for (let p = 0; p < size; p++) {
      for (let q = 0; q <= p; q++) {
        const value = this.#sums[p * size + q]! / divisor
        whole[p * size + q] = value
        whole[q * size + p] = value
      }
    }
    return whole
  }
}
