import { expect } from 'vitest'
import { toProto } from '../../src/export/to-proto.js'
import type { Model } from '../../src/ir/graph.js'
import { Patch } from '../../src/ir/patch.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { encodeModel } from '../../src/onnx/codec.js'
import { type ChannelGroup, channelGroups } from '../../src/passes/architecture/channel-groups.js'
import { changeUnits } from '../../src/passes/architecture/channel-surgery.js'
import { Correspondence } from '../../src/passes/architecture/correspondence.js'
import { compareTensors, roundingTolerance } from '../../src/runtime/compare.js'
import { attemptCount, generateFeeds } from '../../src/runtime/feeds.js'
import { isFailure, type Runtime } from '../../src/runtime/session.js'
import { mask } from './masked.js'

/** Which units of the groups of a model stay. */
export type Choice = (groups: readonly ChannelGroup[]) => Map<ChannelGroup, Int32Array>

/** Groups that may be cut without changing what the others compute. */
export const exactGroups = (groups: readonly ChannelGroup[]): ChannelGroup[] =>
  groups.filter(({ pinned, approximate }) => pinned === undefined && approximate === undefined)

/**
 * Cuts units out of a model, masks the same ones in another copy of it, and holds both against each other in onnxruntime.
 * The names of the groups that were cut; empty when there was nothing to cut.
 */
export async function expectPruneIsMask(
  runtime: Runtime,
  fresh: () => Promise<Model>,
  choose: Choice,
): Promise<readonly string[]> {
  const [pruned, masked] = [await fresh(), await fresh()]
  const kept = choose(channelGroups(pruned))
  if (kept.size === 0) return []
  const patch = new Patch(pruned)
  changeUnits(patch, new Map([...kept].map(([group, units]) => [group, { units }])), new Correspondence())
  expect(verifyGraph(pruned)).toEqual([])
  mask(choose(channelGroups(masked)))
  expect(verifyGraph(masked)).toEqual([])
  const { feeds, results } = await firstRun(runtime, masked)
  const actual = await run(runtime, pruned, feeds)
  const cut = [...kept.keys()].map(({ name }) => name)
  for (const [name, tensor] of results) {
    const comparison = compareTensors(name, tensor, actual.get(name), roundingTolerance)
    expect(comparison.agrees, `${name}: ${comparison.reason}; cut: ${cut.join(', ')}`).toBe(true)
  }
  return cut
}

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
