import { expect } from 'vitest'
import type { Model } from '../../src/ir/graph.js'
import { Patch } from '../../src/ir/patch.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { type ChannelGroup, channelGroups } from '../../src/passes/architecture/channel-groups.js'
import { changeUnits, type UnitChange } from '../../src/passes/architecture/channel-surgery.js'
import { Correspondence } from '../../src/passes/architecture/correspondence.js'
import { compareTensors, roundingTolerance } from '../../src/runtime/compare.js'
import type { Runtime } from '../../src/runtime/session.js'
import { expectCorrespondence, exposeActivations } from './correspondence.js'
import { mask } from './masked.js'
import { firstRun, run } from './run-model.js'

/** What is done to the groups of a model. Asked for every copy of it: the same answer each time. */
export type Choice = (groups: readonly ChannelGroup[]) => Map<ChannelGroup, UnitChange>

/**
 * Cuts units out of a model, masks the same ones in another copy of it, and holds both against each other in onnxruntime:
 * outputs, and every value in between against what it is said to stand for. The names of the groups that were cut.
 */
export async function expectPruneIsMask(
  runtime: Runtime,
  fresh: () => Promise<Model>,
  choose: Choice,
): Promise<readonly string[]> {
  const masked = await fresh()
  const cut = choose(channelGroups(masked))
  mask(new Map([...cut].map(([group, { units }]) => [group, units])))
  expect(verifyGraph(masked)).toEqual([])
  return expectChange(runtime, masked, await fresh(), choose)
}

/** Widens groups of a model and holds it against the model as it was. The names of the groups that were widened. */
export const expectSameFunction = async (
  runtime: Runtime,
  fresh: () => Promise<Model>,
  choose: Choice,
): Promise<readonly string[]> => expectChange(runtime, await fresh(), await fresh(), choose)

async function expectChange(
  runtime: Runtime,
  reference: Model,
  changed: Model,
  choose: Choice,
): Promise<readonly string[]> {
  const changes = choose(channelGroups(changed))
  if (changes.size === 0) return []
  const correspondence = new Correspondence()
  changeUnits(new Patch(changed), changes, correspondence)
  expect(verifyGraph(changed)).toEqual([])
  const outputs = reference.graph.outputs.map(({ name }) => name)
  for (const model of [reference, changed]) exposeActivations(model)
  const { feeds, results } = await firstRun(runtime, reference)
  const actual = await run(runtime, changed, feeds)
  const names = [...changes.keys()].map(({ name }) => name)
  for (const name of outputs) {
    const comparison = compareTensors(name, results.get(name)!, actual.get(name), roundingTolerance)
    expect(comparison.agrees, `${name}: ${comparison.reason}; changed: ${names.join(', ')}`).toBe(true)
  }
  expectCorrespondence(changed, correspondence, results, actual)
  return names
}
