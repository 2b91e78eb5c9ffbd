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

/**
 * What ranks candidates where nobody chooses. Kendall's tau with accuracies of refitted candidates on held-out samples, 48 of
 * shapes_ibn: 0.60 (0.47 to 0.72), where the parameter count has -0.18, losses by weights 0.44 and the best score of architectures
 * 0.46 (NASWOT). Of all it is the only one whose gain over losses by weights is beyond doubt. See bench/results/zero-shot.json.
 */
export const defaultScore: ZeroShotName = 'random-inputs'
