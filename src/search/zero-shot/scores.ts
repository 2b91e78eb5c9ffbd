import { macCount, parameterCount } from './counts.js'
import { meco } from './meco.js'
import { naswot } from './naswot.js'
import type { ZeroShotScore } from './score.js'
import { synflow } from './synflow.js'
import { zenScore } from './zen-score.js'

/** All scores of architectures, by name; the first is the baseline. */
export const zeroShotScores = {
  parameters: parameterCount,
  macs: macCount,
  naswot,
  'zen-score': zenScore,
  synflow,
  meco,
} as const satisfies Record<string, ZeroShotScore>

export type ZeroShotName = keyof typeof zeroShotScores
