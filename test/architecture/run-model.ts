import { toProto } from '../../src/export/to-proto.js'
import type { Model } from '../../src/ir/graph.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { attemptCount, generateFeeds } from '../../src/runtime/feeds.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'

/** Runs with generated inputs, the first that the model takes. */
export async function firstRun(
  runtime: Runtime,
  model: Model,
): Promise<{ readonly feeds: ReadonlyMap<string, Tensor>; readonly results: ReadonlyMap<string, Tensor> }> {
  let failure = ''
  for (let attempt = 0; attempt < attemptCount; attempt++) {
    const feeds = generateFeeds(model, { seed: 1, attempt })
    if ('reason' in feeds) throw new Error(feeds.reason as string)
    try {
      return { feeds, results: await run(runtime, model, feeds) }
    } catch (error) {
      failure = (error as Error).message
    }
  }
  throw new Error(failure)
}

export async function run(
  runtime: Runtime,
  model: Model,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await runtime.load({ bytes: Buffer.concat(encodeModel(toProto(model))) })
  if (isFailure(session)) throw new Error(session.message)
  const results = await runtime.run(session, feeds)
  await runtime.release(session)
  if (isFailure(results)) throw new Error(results.message)
  return results
}
