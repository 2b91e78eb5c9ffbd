import { toProto } from '../export/to-proto.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import { Tensor } from '../ir/tensor.js'
import { encodeModel } from '../onnx/codec.js'
import { isFailure, type Runtime, type Session } from '../runtime/session.js'
import type { Rows } from './feature-rows.js'

/** Where an activation is flat: everything beyond a bound is as good as the bound. */
export type Bounds = readonly [low: number, high: number]

/** Sums over rows, in float64: X'X [features, features], X'Y [features, outputs], and the squares of Y. */
export interface NormalEquations {
  readonly features: number
  readonly outputs: number
  readonly gram: Float64Array
  readonly cross: Float64Array
  squares: number
}

export const emptyEquations = (features: number, outputs: number): NormalEquations => ({
  features,
  outputs,
  gram: new Float64Array(features * features),
  cross: new Float64Array(features * outputs),
  squares: 0,
})

/** Products of tall matrices, on onnxruntime: float32 within a chunk of rows, float64 over chunks. */
export class RowProducts {
  readonly #runtime: Runtime
  readonly #normal: Session
  #clipped: { readonly bounds: Bounds; readonly session: Session } | undefined

  private constructor(runtime: Runtime, normal: Session) {
    this.#runtime = runtime
    this.#normal = normal
  }

  static async open(runtime: Runtime): Promise<RowProducts> {
    const normal = await loadGraph(runtime, (g) => {
      const [x, y] = [g.input('x', 'float32', ['rows', 'features']), g.input('y', 'float32', ['rows', 'outputs'])]
      const transposed = g.op('Transpose', [x], { perm: [1, 0] })
      g.output(g.op('MatMul', [transposed, x]), 'gram')
      g.output(g.op('MatMul', [transposed, y]), 'cross')
    })
    return new RowProducts(runtime, normal)
  }

  async normalEquations(chunks: readonly Rows[]): Promise<NormalEquations> {
    const [first] = chunks
    if (first === undefined) throw new Error('no rows')
    const features = first.features.length / first.count
    const outputs = first.targets.length / first.count
    const sums = emptyEquations(features, outputs)
    for (const chunk of chunks) {
      const [x, y] = matrices(chunk)
      const products = await runGraph(this.#runtime, this.#normal, { x, y })
      accumulate(sums.gram, products.get('gram')!)
      accumulate(sums.cross, products.get('cross')!)
      for (const value of chunk.targets) sums.squares += value * value
    }
    return sums
  }

  /**
   * X'Z, where Z is Y save where both Y and X W lie beyond the same bound of the activation: there it is X W itself, since
   * the activation hides the difference. One step of majorise and minimise for the error behind the activation.
   */
  async clippedCross(chunks: readonly Rows[], weights: Float64Array, bounds: Bounds): Promise<Float64Array> {
    const session = await this.#clippedSession(bounds)
    const cross = new Float64Array(weights.length)
    for (const chunk of chunks) {
      const [x, y] = matrices(chunk)
      const features = chunk.features.length / chunk.count
      const w = weightsTensor(weights, [features, weights.length / features])
      accumulate(cross, (await runGraph(this.#runtime, session, { x, y, w })).get('cross')!)
    }
    return cross
  }

  async #clippedSession(bounds: Bounds): Promise<Session> {
    if (this.#clipped !== undefined) {
      if (this.#clipped.bounds[0] === bounds[0] && this.#clipped.bounds[1] === bounds[1]) return this.#clipped.session
      await this.#runtime.release(this.#clipped.session)
    }
    const session = await loadGraph(this.#runtime, (g) => {
      const x = g.input('x', 'float32', ['rows', 'features'])
      const y = g.input('y', 'float32', ['rows', 'outputs'])
      let z = y
      const present = g.op('MatMul', [x, g.input('w', 'float32', ['features', 'outputs'])])
      const [low, high] = bounds.map((bound) => g.constant(Tensor.float32([bound], [])))
      if (Number.isFinite(bounds[0])) z = g.op('Where', [g.op('LessOrEqual', [y, low]), g.op('Min', [present, low]), z])
      if (Number.isFinite(bounds[1]))
        z = g.op('Where', [g.op('GreaterOrEqual', [y, high]), g.op('Max', [present, high]), z])
      g.output(g.op('MatMul', [g.op('Transpose', [x], { perm: [1, 0] }), z]), 'cross')
    })
    this.#clipped = { bounds, session }
    return session
  }
}

/** Loads a small graph of our own, the runtime's optimizations on. */
export async function loadGraph(runtime: Runtime, build: (g: GraphBuilder) => void): Promise<Session> {
  const bytes = Buffer.concat(encodeModel(toProto(buildModel(build))))
  const session = await runtime.load({ bytes }, { optimization: 'all' })
  if (isFailure(session)) throw new Error(session.message)
  return session
}

export async function runGraph(
  runtime: Runtime,
  session: Session,
  feeds: Record<string, Tensor>,
): Promise<Map<string, Tensor>> {
  const results = await runtime.run(session, new Map(Object.entries(feeds)))
  if (isFailure(results)) throw new Error(results.message)
  return results
}

/** Rows as matrices [rows, features] and [rows, outputs]. */
export const matrices = ({ count, features, targets }: Rows): [x: Tensor, y: Tensor] => [
  Tensor.fromArray('float32', [count, features.length / count], features),
  Tensor.fromArray('float32', [count, targets.length / count], targets),
]

/** Weights as the products take them: rounded to float32. */
export const weightsTensor = (weights: Float64Array, dims: readonly number[]): Tensor =>
  Tensor.fromArray('float32', dims, Float32Array.from(weights))

export function accumulate(sum: Float64Array, part: Tensor): void {
  const values = part.numbers()
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!
}
