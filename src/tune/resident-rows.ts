import type { GraphBuilder } from '../ir/build.js'
import type { Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import type { Runtime, Session } from '../runtime/session.js'
import type { Rows } from './feature-rows.js'
import { accumulate } from './normal-equations.js'
import { loadGraph, matrices, runGraph } from './product-graph.js'

/**
 * Rows that stay in the runtime while weights are iterated on: a graph over features x and targets y is loaded once for each
 * chunk, with the chunk in it, and only weights travel. Release it when done.
 */
export class ResidentRows {
  readonly #runtime: Runtime
  readonly #sessions: readonly Session[]

  private constructor(runtime: Runtime, sessions: readonly Session[]) {
    this.#runtime = runtime
    this.#sessions = sessions
  }

  static async load(
    runtime: Runtime,
    threads: number,
    chunks: readonly Rows[],
    opset: number,
    build: (g: GraphBuilder, x: Value, y: Value) => void,
  ): Promise<ResidentRows> {
    const sessions: Session[] = []
    for (const chunk of chunks) {
      const [x, y] = matrices(chunk)
      sessions.push(await loadGraph(runtime, threads, (g) => build(g, g.constant(x), g.constant(y)), opset))
    }
    return new ResidentRows(runtime, sessions)
  }

  /** Sums of the graph's outputs over all chunks, by name, in float64. */
  async sums(weights: Record<string, Tensor>): Promise<ReadonlyMap<string, Float64Array>> {
    const sums = new Map<string, Float64Array>()
    for (const session of this.#sessions) {
      for (const [name, part] of await runGraph(this.#runtime, session, weights)) {
        const values = part.numbers()
        const sum = sums.get(name)
        if (sum === undefined) sums.set(name, new Float64Array(values))
        else accumulate(sum, values)
      }
    }
    return sums
  }

  async release(): Promise<void> {
    for (const session of this.#sessions) await this.#runtime.release(session)
  }
}
