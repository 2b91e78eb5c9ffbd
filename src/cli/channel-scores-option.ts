import { channelScoringDefaults, channelScoringNames } from '../tune/channel-scorers.js'

const { withoutData, asIs, refitted } = channelScoringDefaults

/** How channels are chosen that go when a model is narrowed. */
export const channelScoresOption = {
  choices: channelScoringNames(),
  requiresArg: true,
  describe:
    'channels that go: those of small weights (weights) or little energy (energy), those that the layers behind miss least ' +
    `as they are (missing) or refitted (refit) [default: ${refitted}; ${asIs} with --tune none; ${withoutData} without --data]`,
} as const
