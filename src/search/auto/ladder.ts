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

/** Of what is allowed the share that is expected of those that come after a second failure: there are not many more tries. */
const cautiousShare = 0.7

/** Candidates to be written, from the one that is expected to be best to those that lose less. */
export class Ladder {
  readonly #front: readonly BuiltCandidate[]
  readonly #maxDrop: number
  readonly #lossOf: LossOf
  /** Of the drop for what is lost: mean and weight (one over the variance), by all that was built and what was judged since. */
  readonly #rate: { mean: number; weight: number }
  #failures = 0

  /** `front`: fastest first, each loses less than the one before by `lossOf`. */
  constructor(front: readonly BuiltCandidate[], maxDrop: number, perLoss: number, lossOf: LossOf = ({ loss }) => loss) {
    this.#front = front
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
   * After one dropped by too much: the fastest that loses less and is expected to keep the metric by what was judged and what was
   * expected, each as far as it is known.
   */
  after(failed: BuiltCandidate, { drop, error }: JudgedDrop): BuiltCandidate | undefined {
    const lost = Math.max(this.#lossOf(failed), Number.EPSILON)
    const weight = (Math.max(error, leastError) / lost) ** -2
    const { mean, weight: before } = this.#rate
    this.#rate.mean = (mean * before + (drop / lost) * weight) / (before + weight)
    this.#rate.weight = before + weight
    this.#failures += 1
    const most = this.#maxDrop * (this.#failures > 1 ? cautiousShare : 1)
    return this.#front.find((each) => this.#lossOf(each) < lost && this.expectedDrop(each) <= most)
  }
}

/** No drop is known better than this. */
const leastError = 1e-4
