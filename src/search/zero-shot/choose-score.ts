import type { Interval } from '../../accuracy/bootstrap.js'
import { type RankCorrelation, rankCorrelation, tauGainInterval } from './rank-correlation.js'
import type { ZeroShotName } from './scores.js'

/** Candidates with what scores say of them and what became of them. */
export interface MeasuredCandidates {
  /** By score, by candidate; the larger the better. */
  readonly scores: Readonly<Partial<Record<ZeroShotName, readonly number[]>>>
  /** By candidate, the smaller the better: what it really lost once refitted. */
  readonly losses: readonly number[]
}

export interface JudgedScore extends RankCorrelation {
  readonly name: ZeroShotName
  /** Interval of how much larger its tau is than that of the parameter count. */
  readonly gainInterval: Interval
}

export interface ChosenScore {
  readonly name: ZeroShotName
  /** Best first. */
  readonly judged: readonly JudgedScore[]
}

/** The one that others have to beat. */
export const baseline: ZeroShotName = 'parameters'

/**
 * The score that ranks candidates best by what they really lost, if it beats the parameter count beyond doubt: the whole interval of
 * the difference lies above zero, over the same resamples of candidates. Else the parameter count.
 */
export function chooseScore({ scores, losses }: MeasuredCandidates): ChosenScore {
  const worth = losses.map((loss) => -loss)
  const counts = scores[baseline] ?? losses.map(() => 0)
  const judged = (Object.entries(scores) as [ZeroShotName, readonly number[]][])
    .map(
      ([name, values]): JudgedScore => ({
        name,
        ...rankCorrelation(values, worth),
        gainInterval: tauGainInterval(values, counts, worth),
      }),
    )
    .sort((a, b) => b.tau - a.tau)
  const best = judged.find(({ name, tau, gainInterval }) => name !== baseline && tau > 0 && gainInterval[0] > 0)
  return { name: best?.name ?? baseline, judged }
}
