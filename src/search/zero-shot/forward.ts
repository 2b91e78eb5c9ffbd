import { isFloat } from '../../ir/dtype.js'
import { UserError } from '../../ir/errors.js'
import type { Model, Value } from '../../ir/graph.js'
import type { Patch } from '../../ir/patch.js'
import { type Tensor, volume } from '../../ir/tensor.js'
import { fromDoubles } from '../../passes/weights.js'
import { generateFeeds } from '../../runtime/feeds.js'
import { SeededRandom } from '../../runtime/random.js'
import { isFailure, type Runtime } from '../../runtime/session.js'
import { sourceOf } from '../../tune/model-source.js'

/** Inputs by name. */
export type Feeds = ReadonlyMap<string, Tensor>

/** Float inputs of a model whose sizes are numbers, element by element; other inputs are what verification would feed. */
export function feedsOf(model: Model, seed: number, draw: () => number): Feeds {
  const feeds = generateFeeds(model, { seed, attempt: 0 })
  if (!(feeds instanceof Map)) {
    const { reason } = feeds as { readonly reason: string }
    throw new UserError('invalid-model', '', `no inputs can be made: ${reason}`, 'search without scores', model.file)
  }
  for (const [name, { dtype, dims }] of feeds) {
    if (!isFloat(dtype)) continue
    const values = Float64Array.from({ length: volume(dims) }, draw)
    feeds.set(name, fromDoubles(dtype, dims, values))
  }
  return feeds
}

/** Independent numbers of mean 0 and variance 1. */
export function normalFeeds(model: Model, seed: number): Feeds {
  const random = new SeededRandom(seed)
  return feedsOf(model, seed, () => random.normal())
}

/** Runs a model once. Throws UserError where the runtime does not take it. */
export async function forward(runtime: Runtime, model: Model, feeds: Feeds): Promise<Map<string, Tensor>> {
  const { source, discard } = await sourceOf(model)
  try {
    const session = await runtime.load(source)
    const outputs = isFailure(session) ? session : await runtime.run(session, feeds)
    if (!isFailure(session)) await runtime.release(session)
    if (!isFailure(outputs)) return outputs
    const what = `onnxruntime does not run it: ${outputs.message}`
    throw new UserError('invalid-model', '', what, 'search without scores', model.file)
  } finally {
    await discard()
  }
}

/** Makes a value of a net an output of its, whatever it is else; gives its name. */
export function expose(patch: Patch, value: Value): string {
  if (!value.isGraphOutput) {
    value.claim ??= value.type
    patch.appendOutput(value.graph, value)
  }
  return value.name
}
