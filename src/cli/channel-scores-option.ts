import { channelScoringNames, defaultChannelScoring } from '../tune/channel-scorers.js'

/** How channels are chosen that go when a model is narrowed. */
export const channelScoresOption = {
  choices: channelScoringNames(),
  requiresArg: true,
  describe:
    'channels that go: those of small weights (weights) or little energy (energy), those that the layers behind miss least ' +
    `as they are (missing) or refitted (refit) [default: ${defaultChannelScoring(true)} given --data, else ${defaultChannelScoring(false)}]`,
} as const
