/** A set of tasks done, and the cheapest known way to it. */
export interface SearchState {
  /** Bits by task of the segment. */
  readonly done: Uint32Array
  /** Largest footprint on the way. */
  readonly peak: number
  readonly live: number
  readonly depth: number
  readonly parent: SearchState | undefined
  /** Tasks run since the parent. */
  readonly moves: readonly number[]
}

/** States by lowest peak; of equal peaks the one nearest the end, then the one with the least memory alive. */
export class StateQueue {
  readonly #heap: SearchState[] = []

  push(state: SearchState): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(state)
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!comesBefore(state, heap[up]!)) break
      heap[at] = heap[up]!
      at = up
    }
    heap[at] = state
  }

  pop(): SearchState | undefined {
    const heap = this.#heap
    const top = heap[0]
    const moved = heap.pop()
    if (moved === undefined || moved === top) return top
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      if (down + 1 < heap.length && comesBefore(heap[down + 1]!, heap[down]!)) down += 1
      if (!comesBefore(heap[down]!, moved)) break
      heap[at] = heap[down]!
      at = down
    }
    heap[at] = moved
    return top
  }
}

function comesBefore(a: SearchState, b: SearchState): boolean {
  if (a.peak !== b.peak) return a.peak < b.peak
  if (a.depth !== b.depth) return a.depth > b.depth
  return a.live < b.live
}
