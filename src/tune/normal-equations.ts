import type { Runtime, Session } from '../runtime/session.js'
import type { Rows } from './feature-rows.js'
import { loadGraph, matrices, runGraph } from './product-graph.js'

/** Sums over rows, in float64: X'X [features, features], X'Y [features, outputs], and the squares of Y. */
export interface NormalEquations {
  readonly features: number
  /** Whether the last feature is the 1 of a bias. */
  readonly hasBias: boolean
  readonly outputs: number
  readonly gram: Float64Array
  readonly cross: Float64Array
  squares: number
}

/** Of rows like these. */
function emptyEquations({ count, hasBias, features: x, targets: y }: Rows): NormalEquations {
  const [features, outputs] = [x.length / count, y.length / count]
  const [gram, cross] = [new Float64Array(features * features), new Float64Array(features * outputs)]
  return { features, hasBias, outputs, gram, cross, squares: 0 }
}

/** Normal equations of tall matrices, on onnxruntime: float32 within a chunk of rows, float64 over chunks. */
export class RowProducts {
  readonly #runtime: Runtime
  readonly #session: Session

  private constructor(runtime: Runtime, session: Session) {
    this.#runtime = runtime
    this.#session = session
  }

  static async open(runtime: Runtime, threads: number): Promise<RowProducts> {
    const session = await loadGraph(runtime, threads, (g) => {
      const [x, y] = [g.input('x', 'float32', ['rows', 'features']), g.input('y', 'float32', ['rows', 'outputs'])]
      g.output(g.op('Gemm', [x, x], { transA: 1 }), 'gram')
      g.output(g.op('Gemm', [x, y], { transA: 1 }), 'cross')
    })
    return new RowProducts(runtime, session)
  }

  async normalEquations(chunks: readonly Rows[]): Promise<NormalEquations> {
    const [first] = chunks
    if (first === undefined) throw new Error('no rows')
    const sums = emptyEquations(first)
    for (const chunk of chunks) {
      const [x, y] = matrices(chunk)
      const products = await runGraph(this.#runtime, this.#session, { x, y })
      accumulate(sums.gram, products.get('gram')!.numbers())
      accumulate(sums.cross, products.get('cross')!.numbers())
      for (const value of chunk.targets) sums.squares += value * value
    }
    return sums
  }
}

/** The same in place, for systems so small that a message to the runtime costs more than the sums. */
export function smallNormalEquations(rows: Rows): NormalEquations {
  const { count, features: x, targets: y } = rows
  const sums = emptyEquations(rows)
  const { features, outputs } = sums
  for (let n = 0; n < count; n++) {
    const row = n * features
    for (let i = 0; i < features; i++) {
      const value = x[row + i]!
      if (value === 0) continue
      for (let j = 0; j < features; j++) sums.gram[i * features + j]! += value * x[row + j]!
      for (let o = 0; o < outputs; o++) sums.cross[i * outputs + o]! += value * y[n * outputs + o]!
    }
  }
  for (const value of y) sums.squares += value * value
  return sums
}

export function accumulate(sum: Float64Array, part: ArrayLike<number>): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!
}
