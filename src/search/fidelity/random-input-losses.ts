import type { Model } from '../../ir/graph.js'
import type { Decision } from '../../passes/architecture/decision.js'
import { Runtime } from '../../runtime/session.js'
import type { Space } from '../space/space.js'
import { usualBatch } from '../zero-shot/input-sizes.js'
import { type Losses, lossesBy } from './losses.js'
import { ObservedOriginal } from './observed-original.js'

export interface RandomInputOptions {
  readonly seed: number
  /** Sizes of the model's inputs, by symbol. */
  readonly symbols: ReadonlyMap<string, number>
  readonly signal?: AbortSignal | undefined
  /** How many options are done, of how many. */
  readonly onMeasured?: ((done: number, all: number) => void) | undefined
}

/**
 * Losses for want of data, measured: every option by itself is built (weights as algebra gives them), the part that it changes is
 * run on what the original computes from random inputs, and what linear layers could not make up for is its loss. Options that the
 * model declines have an infinite one. Throws UserError where the runtime does not take the model.
 */
export async function randomInputLosses(model: Model, space: Space, options: RandomInputOptions): Promise<Losses> {
  const decisions: Decision[] = []
  lossesBy(space, (decision) => decisions.push(decision))
  const { seed, symbols, signal, onMeasured } = options
  const runtime = new Runtime({ allowUnreleasedOpsets: true, ...(signal && { signal }) })
  try {
    const original = await ObservedOriginal.open(model, {
      runtime,
      seed,
      sizes: { batch: usualBatch(model, symbols), symbols },
    })
    const losses: number[] = []
    for (const decision of decisions) {
      signal?.throwIfAborted()
      losses.push(await original.lossOf(decision))
      onMeasured?.(losses.length, decisions.length)
    }
    let next = 0
    return {
      source: 'proxy',
      note:
        `measured on random inputs, images scaled like "${original.preset}": the share of the signal behind each change that ` +
        'linear layers could not make up for, added up',
      of: lossesBy(space, () => losses[next++]!),
    }
  } finally {
    runtime.close()
  }
}
