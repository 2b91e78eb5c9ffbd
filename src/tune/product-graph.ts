import { modelBytes } from '../export/model-bytes.js'
import { buildModel, type GraphBuilder } from '../ir/build.js'
import { Tensor } from '../ir/tensor.js'
import { isFailure, type Runtime, type Session } from '../runtime/session.js'
import type { Rows } from './feature-rows.js'

/** Loads a small graph of our own, the runtime's optimizations on. */
export async function loadGraph(
  runtime: Runtime,
  threads: number,
  build: (g: GraphBuilder) => void,
  opset = 17,
): Promise<Session> {
  const bytes = modelBytes(buildModel(build, { opset }))
  const session = await runtime.load({ bytes }, { optimization: 'all', threads })
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
