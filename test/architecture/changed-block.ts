import { expect } from 'vitest'
import type { Model } from '../../src/ir/graph.js'
import { verifyGraph } from '../../src/ir/verify.js'
import { applyBlock } from '../../src/passes/architecture/apply-block.js'
import { Correspondence } from '../../src/passes/architecture/correspondence.js'
import type { BlockDecision } from '../../src/passes/architecture/decision.js'
import { isDeclined } from '../../src/passes/architecture/declined.js'
import { findBlocks } from '../../src/passes/architecture/find-blocks.js'
import type { Rewritten } from '../../src/passes/architecture/rewritten.js'
import { cloneModel } from '../../src/passes/clone-model.js'

/** A block's decision without its place. */
export type Alternative = Omit<BlockDecision, 'kind' | 'block'>

/** A copy of the model with a block changed, and what was said of it. `place`: among all blocks, whatever their kind. */
export function changedBlock(model: Model, alternative: Alternative, place = 0) {
  const after = cloneModel(model)
  const correspondence = new Correspondence()
  const block = findBlocks(after)[place]!
  const decision: BlockDecision = { kind: 'block', block: block.name, ...alternative }
  const result = applyBlock(after, block, decision, correspondence)
  expect(verifyGraph(after)).toEqual([])
  return { after, block, result, correspondence }
}

/** The same where nothing is declined. */
export function rewrittenBlock(model: Model, alternative: Alternative, place = 0) {
  const outcome = changedBlock(model, alternative, place)
  if (isDeclined(outcome.result)) throw new Error(`${outcome.result.reason} at ${outcome.result.place}`)
  return { ...outcome, result: outcome.result as Rewritten }
}
