import { ObservedOriginal } from '../fidelity/observed-original.js'
import { weightLosses } from '../fidelity/weight-proxy.js'
import { expressivity, progressivity } from './az-nas.js'
import { macCount, parameterCount } from './counts.js'
import { meco } from './meco.js'
import { naswot } from './naswot.js'
import { ofArchitecture, ofDecisions } from './recipe-scores.js'
import type { RecipeScore } from './score.js'
import { synflow } from './synflow.js'
import { zenScore } from './zen-score.js'

/** All that candidates can be ranked by without data, by name; the first is the baseline. */
export const zeroShotScores = {
  parameters: ofArchitecture(parameterCount),
  macs: ofArchitecture(macCount),
  naswot: ofArchitecture(naswot),
  'zen-score': ofArchitecture(zenScore),
  synflow: ofArchitecture(synflow),
  meco: ofArchitecture(meco),
  expressivity: ofArchitecture(expressivity),
  progressivity: ofArchitecture(progressivity),
  decisions: ofDecisions({ definition: 'how few decisions there are', source: 'a baseline' }, async () => () => 1),
  weights: ofDecisions(
    { definition: 'what options lose by their weights, added up', source: 'src/search/fidelity/weight-proxy.ts' },
    async (original) => weightLosses(original),
  ),
  'random-inputs': ofDecisions(
    {
      definition: 'what options lose on random inputs, added up',
      source: 'src/search/fidelity/random-input-losses.ts',
    },
    async (original, setting) => {
      const observed = await ObservedOriginal.open(original, setting)
      return (decision) => observed.lossOf(decision)
    },
  ),
} as const satisfies Record<string, RecipeScore>

export type ZeroShotName = keyof typeof zeroShotScores

/** What ranks candidates where nobody chooses; bench/results/zero-shot.json has the figures. */
export const defaultScore: ZeroShotName = 'parameters'
