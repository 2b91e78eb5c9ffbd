import type { DataSet } from '../accuracy/data-set.js'
import type { RunOptions } from '../accuracy/model-outputs.js'
import { UserError } from '../ir/errors.js'
import type { Model } from '../ir/graph.js'
import type { Decision } from '../passes/architecture/decision.js'
import type { ChannelScorer } from '../passes/architecture/importance.js'
import { type MomentRecords, type MomentTable, momentTable } from './channel-moments.js'

/** A way to choose the channels that go. */
interface ChannelScoring {
  /** Part of what cached results depend on. */
  readonly version: number
  /** Whether it looks at what flows through channels. */
  readonly usesSamples: boolean
  readonly scorer: (moments: MomentRecords) => Promise<ChannelScorer>
}

type Scores = typeof import('./channel-scores.js')

const ofSamples = (version: number, choose: (scores: Scores) => (moments: MomentTable) => ChannelScorer) => ({
  version,
  usesSamples: true,
  scorer: async (moments: MomentRecords) => choose(await import('./channel-scores.js'))(momentTable(moments)),
})

/** How `--channel-scores` calls them; each is loaded when it is asked for. */
export const channelScorings: Readonly<Record<string, ChannelScoring>> = {
  weights: {
    version: 1,
    usesSamples: false,
    scorer: async () => {
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
  const moments = await scoredMoments(name, request)
  return moments === undefined ? undefined : scorerBy(name, moments)
}

/** What a way to choose channels has to find out, as plain data; undefined: no channels go. Throws UserError, as above. */
export async function scoredMoments(name: string, request: ScorerRequest): Promise<MomentRecords | undefined> {
  const { original, decisions, data, options } = request
  const { usesSamples } = channelScoring(name)
  if (!decisions.some(mayNarrow)) return undefined
  if (!usesSamples) return new Map()
  if (data === undefined)
    throw new UserError('usage', '--channel-scores', 'there is nothing to look at', 'give samples with --data')
  const { gatherMoments } = await import('./channel-moments.js')
  return (await gatherMoments(original, data, options)).records
}

export const scorerBy = (name: string, moments: MomentRecords): Promise<ChannelScorer> =>
  channelScoring(name).scorer(moments)

const mayNarrow = (decision: Decision): boolean =>
  decision.kind === 'width' ||
  decision.kind === 'depth-multiplier' ||
  (decision.kind === 'block' && decision.middle !== undefined)
