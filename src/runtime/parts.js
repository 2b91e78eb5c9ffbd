/** Parts of a file that hold what has not been taken yet. Plain JavaScript: the child process uses it too. */
export class Parts {
  /** @type {{ id: number, start: number, length: number }[]} In the order of their places. */
  #parts = []

  /**
   * The first gap that is large enough.
   * @param {number} id
   * @param {number} length bytes
   * @returns {number} where it begins
   */
  take(id, length) {
    let [start, before] = [0, 0]
    while (before < this.#parts.length && this.#parts[before].start - start < length) {
      start = this.#parts[before].start + this.#parts[before].length
      before += 1
    }
    this.#parts.splice(before, 0, { id, start, length })
    return start
  }

  /** @param {number} id */
  release(id) {
    const part = this.#parts.findIndex((each) => each.id === id)
    if (part >= 0) this.#parts.splice(part, 1)
  }
}
