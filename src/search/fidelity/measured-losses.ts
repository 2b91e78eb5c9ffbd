import type { Decision } from '../../passes/architecture/decision.js'
import { meanNoise } from '../../tune/fidelity.js'
import type { Evaluator } from '../evaluator.js'
import type { Space } from '../space/space.js'
import { type Losses, lossesBy } from './losses.js'

/**
 * How noise of single decisions is taken together. `sum`: noise adds up, as it does while it is small and independent. `log`:
 * logarithms of 1 + noise do, so that one hopeless option does not hide all others.
 */
export type NoiseCombination = 'sum' | 'log'

/**
 * Losses from measurements: every option by itself is built, refitted and run. What is declined, or measured nowhere, has an
 * infinite loss. `onMeasured` is told how many are done, of how many.
 */
export async function measureLosses(
  space: Space,
  evaluator: Evaluator,
  combination: NoiseCombination,
  onMeasured?: (done: number, all: number) => void,
): Promise<Losses> {
  const decisions: Decision[] = []
  lossesBy(space, (decision) => decisions.push(decision))
  const noise: number[] = []
  for (const decision of decisions) {
    const evaluation = await evaluator.evaluate({ recipeVersion: 1, decisions: [decision] })
    noise.push(('fidelity' in evaluation ? meanNoise(evaluation.fidelity) : null) ?? Number.POSITIVE_INFINITY)
    onMeasured?.(noise.length, decisions.length)
  }
  let next = 0
  return {
    source: 'measured',
    note: `noise to signal of each decision by itself, added up${combination === 'log' ? ' in logarithms of 1 + noise' : ''}`,
    of: lossesBy(space, () => {
      const measured = noise[next++]!
      return combination === 'sum' ? measured : Math.log1p(measured)
    }),
  }
}
