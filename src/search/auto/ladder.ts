import type { BuiltCandidate } from './measured.js'

/** Before anything was measured: drop of a share metric for a nat of loss, and how many nats of measurements that counts as. */
const prior = { dropPerLoss: 0.35, losses: 0.2 }

/** What is lost beyond this is no guide to small losses. */
const hopeless = 1

/**
 * How much the metric drops for what is lost, over all that was built: of one candidate the few samples whose answer changes say
 * little, of many together they say something.
 */
export function dropPerLoss(built: readonly BuiltCandidate[]): number {
  let [drops, losses] = [prior.dropPerLoss * prior.losses, prior.losses]
  for (const { drop, loss } of built) {
    if (loss >= hopeless) continue
    drops += Math.max(0, drop)
    losses += loss
  }
  return drops / losses
}

/** What a candidate is expected to lose when it is written. */
export type LossOf = (built: BuiltCandidate) => number

/** What a candidate dropped by on data that the search has not seen. */
export interface JudgedDrop {
  readonly drop: number
  /** Standard error of that. */
  readonly error: number
}

/** How far the drop for what is lost may lie from that of all candidates that were built, for one of them: a share of it. */
const rateSpread = 1

export interface LadderOptions {
  readonly originalMs: number
  readonly maxDrop: number
  /** What the metric is expected to drop by for what is lost. */
  readonly perLoss: number
  readonly lossOf?: LossOf
}

/** Candidates to be written, from the one that is expected to be best to those that lose less. */
export class Ladder {
  readonly #front: readonly BuiltCandidate[]
  readonly #originalMs: number
  readonly #maxDrop: number
  readonly #lossOf: LossOf
  /** Of the drop for what is lost: mean and weight (one over the variance), by all that was built and what was judged since. */
  readonly #rate: { mean: number; weight: number }
  #failures = 0

  /** `front`: fastest first, each loses less than the one before by `lossOf`. `originalMs`: latency of the original. */
  constructor(
    front: readonly BuiltCandidate[],
    { originalMs, maxDrop, perLoss, lossOf = ({ loss }) => loss }: LadderOptions,
  ) {
    this.#front = front
    this.#originalMs = originalMs
    this.#maxDrop = maxDrop
    this.#rate = { mean: perLoss, weight: (rateSpread * perLoss) ** -2 }
    this.#lossOf = lossOf
  }

  expectedDrop(each: BuiltCandidate): number {
    return this.#lossOf(each) * this.#rate.mean
  }

  /** The fastest that is expected to keep the metric, of those built with all effort if there is one; undefined: none is. */
  first(): BuiltCandidate | undefined {
    const kept = this.#front.filter((each) => this.expectedDrop(each) <= this.#maxDrop)
    return kept.find(({ rung }) => rung === 'full') ?? kept[0]
  }

  /**
   * After one dropped by too much: of those that lose less the fastest that has a fair chance to be judged to keep the metric, since
   * what is safer can be had later; after several failures the one that promises most, its gain times that chance. What was judged
   * and what was expected count as far as they are known.
   */
  after(failed: BuiltCandidate, { drop, error: judged }: JudgedDrop): BuiltCandidate | undefined {
    const lost = Math.max(this.#lossOf(failed), Number.EPSILON)
    const error = Math.max(judged, leastError)
    const weight = (error / lost) ** -2
    const { mean, weight: before } = this.#rate
    this.#rate.mean = (mean * before + (drop / lost) * weight) / (before + weight)
    this.#rate.weight = before + weight
    this.#failures += 1
    const chance = (each: BuiltCandidate) => {
      const spread = Math.hypot(error, this.#lossOf(each) / Math.sqrt(this.#rate.weight))
      return normalShare((this.#maxDrop - this.expectedDrop(each)) / spread)
    }
    const promise = (each: BuiltCandidate) => (1 - each.latencyMs / this.#originalMs) * chance(each)
    const left = this.#front.filter((each) => this.#lossOf(each) < lost && chance(each) >= leastChance)
    const fair = this.#failures < manyFailures ? left.find((each) => chance(each) >= fairChance) : undefined
    return fair ?? left.sort((a, b) => promise(b) - promise(a))[0]
  }
}

/** What is less likely to be judged to keep the metric is not tried; what is as likely as this is, while tries are left. */
const [leastChance, fairChance] = [0.1, 0.35]

/** After so many failures the few tries that are left go to what is likely to pass. */
const manyFailures = 3

/** Of a standard normal distribution the share below. Logistic approximation (Bowling et al. 2009), within 2e-4. */
const normalShare = (x: number): number => 1 / (1 + Math.exp(-(0.07056 * x ** 3 + 1.5976 * x)))

/** No drop is known better than this. */
const leastError = 1e-4
