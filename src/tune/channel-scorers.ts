import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Decision } from '../passes/architecture/decision.js'
import type { ChannelScorer } from '../passes/architecture/importance.js'
import type { MomentTable } from './channel-moments.js'

/** A way to choose the channels that go. */
interface ChannelScoring {
  /** Part of what cached results depend on. */
  readonly version: number
  /** Of an original, and of samples where it looks at some. Throws UserError where the runtime does not take them. */
  readonly open: (original: Model, data: DataSet | undefined, options: RunOptions) => Promise<ChannelScorer>
}

type Scores = typeof import('./channel-scores.js')

const ofSamples = (version: number, choose: (scores: Scores) => (moments: MomentTable) => ChannelScorer) => ({
  version,
  open: async (original: Model, data: DataSet | undefined, options: RunOptions) => {
    if (data === undefined)
      throw new UserError('usage', '--channel-scores', 'there is nothing to look at', 'give samples with --data')
    const [scores, { gatherMoments }] = await Promise.all([
      import('./channel-scores.js'),
      import('./channel-moments.js'),
    ])
    return choose(scores)(await gatherMoments(original, data, options))
  },
})

/** How `--channel-scores` calls them; each is loaded when it is asked for. */
export const channelScorings: Readonly<Record<string, ChannelScoring>> = {
  weights: {
    version: 1,
    open: async () => {
      const { weightScores } = await import('../passes/architecture/importance.js')
      return () => weightScores
    },
  },
  energy: ofSamples(1, ({ activationEnergy }) => activationEnergy),
  missing: ofSamples(1, ({ missingShare }) => missingShare),
  refit: ofSamples(1, ({ refitError }) => refitError),
}

export const channelScoringNames = (): string[] => Object.keys(channelScorings)

/** Chosen by accuracy on samples held out from calibration (bench/channel-scores.mjs). */
export const channelScoringDefaults = { withoutData: 'weights', asIs: 'missing', refitted: 'refit' } as const

/** Whether there are samples, and whether weights are refitted to them afterwards. */
export const defaultChannelScoring = (hasData: boolean, isRefitted: boolean): string =>
  channelScoringDefaults[hasData ? (isRefitted ? 'refitted' : 'asIs') : 'withoutData']

/** Throws UserError `usage` for a name that is none of them. */
export function channelScoring(name: string): ChannelScoring {
  const found = channelScorings[name]
  if (found !== undefined) return found
  const remedy = `use one of ${channelScoringNames().join(', ')}`
  throw new UserError('usage', '--channel-scores', `no scores "${name}"`, remedy)
}

export interface ScorerRequest {
  readonly original: Model
  /** Nothing is found out where none of them lets channels go. */
  readonly decisions: readonly Decision[]
  readonly data: DataSet | undefined
  readonly options: RunOptions
}

/** undefined: no channels go. Throws UserError where the name is none, or where there are no samples for it. */
export async function channelScorer(name: string, request: ScorerRequest): Promise<ChannelScorer | undefined> {
  const scoring = channelScoring(name)
  return request.decisions.some(mayNarrow) ? scoring.open(request.original, request.data, request.options) : undefined
}

const mayNarrow = (decision: Decision): boolean =>
  decision.kind === 'width' ||
  decision.kind === 'depth-multiplier' ||
  (decision.kind === 'block' && decision.middle !== undefined)
