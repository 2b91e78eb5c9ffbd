import { attr } from '../../ir/patch.js'
import { stepSizes } from '../step-probes.js'
import type { Operand } from './kernel-spec.js'
import type { Prior } from './prior.js'

/** Enough to tell lanes up to 128 apart under a few per cent of noise; the same for every length of table. */
const probes = 1500

/**
 * Convolutions with channels of any number beside those of models: where the latency of an array steps shows its lanes,
 * and models with multiples of eight do not tell 25 from 32. Together they weigh as much as one kernel of a model.
 */
export function addStepProbes(prior: Prior, seed: number): void {
  for (const { inChannels, outChannels, size, kernel = 1 } of stepSizes(probes, seed)) {
    const operand = (role: 'data' | 'weights', ...dims: number[]): Operand => ({ role, dtype: 'float32', dims })
    prior.add(
      {
        domain: '',
        opType: 'Conv',
        opsets: new Map([['', 17]]),
        attributes: new Map([['pads', attr.ints(new Array<number>(4).fill((kernel - 1) / 2))]]),
        inputs: [
          operand('data', 1, inChannels, size, size),
          operand('weights', outChannels, inChannels, kernel, kernel),
        ],
        outputs: [true],
      },
      1 / probes,
      'steps',
    )
  }
}
