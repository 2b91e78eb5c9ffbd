/**
 * Maximum flow and minimum cut of a directed network with non-negative capacities.
 * Source: E. Dinic, "Algorithm for solution of a problem of maximum flow in networks with power estimation", 1970.
 */
export class FlowNetwork {
  readonly #first: Int32Array
  readonly #next: number[] = []
  readonly #target: number[] = []
  readonly #capacity: number[] = []
  readonly #level: Int32Array
  readonly #cursor: Int32Array

  constructor(nodes: number) {
    this.#first = new Int32Array(nodes).fill(-1)
    this.#level = new Int32Array(nodes)
    this.#cursor = new Int32Array(nodes)
  }

  add(from: number, to: number, capacity: number): void {
    this.#half(from, to, capacity)
    this.#half(to, from, 0)
  }

  #half(from: number, to: number, capacity: number): void {
    this.#next.push(this.#first[from]!)
    this.#first[from] = this.#target.length
    this.#target.push(to)
    this.#capacity.push(capacity)
  }

  /** The flow from source to sink; afterwards `reaches` tells the source's side of a minimum cut, the smallest one. */
  maximum(source: number, sink: number): number {
    let flow = 0
    while (this.#findLevels(source, sink)) {
      this.#cursor.set(this.#first)
      for (let pushed = this.#augment(source, sink); pushed > 0; pushed = this.#augment(source, sink)) flow += pushed
    }
    return flow
  }

  /** Whether the source still reaches a node: it is on the source's side of the cut. */
  reaches = (node: number): boolean => this.#level[node]! >= 0

  #findLevels(source: number, sink: number): boolean {
    const level = this.#level.fill(-1)
    level[source] = 0
    const queue = [source]
    for (const node of queue) {
      for (let edge = this.#first[node]!; edge >= 0; edge = this.#next[edge]!) {
        const to = this.#target[edge]!
        if (this.#capacity[edge]! <= 0 || level[to]! >= 0) continue
        level[to] = level[node]! + 1
        queue.push(to)
      }
    }
    return level[sink]! >= 0
  }

  /** Pushes along one path of the level graph; 0 when there is none left. */
  #augment(source: number, sink: number): number {
    const path: number[] = []
    for (let node = source; node !== sink; ) {
      const edge = this.#cursor[node]!
      if (edge < 0) {
        const back = path.pop()
        if (back === undefined) return 0
        node = this.#target[back ^ 1]!
        this.#cursor[node] = this.#next[back]!
        continue
      }
      const to = this.#target[edge]!
      if (this.#capacity[edge]! > 0 && this.#level[to] === this.#level[node]! + 1) {
        path.push(edge)
        node = to
      } else this.#cursor[node] = this.#next[edge]!
    }
    const pushed = path.reduce((least, edge) => Math.min(least, this.#capacity[edge]!), Number.POSITIVE_INFINITY)
    for (const edge of path) {
      this.#capacity[edge]! -= pushed
      this.#capacity[edge ^ 1]! += pushed
    }
    return pushed
  }
}
