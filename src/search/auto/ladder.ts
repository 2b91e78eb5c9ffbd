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

/** Candidates to be written, from the one that is expected to be best to those that lose less. */
export class Ladder {
  readonly #front: readonly BuiltCandidate[]
  readonly #maxDrop: number
  readonly #dropPerLoss: number
  readonly #lossOf: LossOf

  /** `front`: fastest first, each loses less than the one before by `lossOf`. */
  constructor(front: readonly BuiltCandidate[], maxDrop: number, perLoss: number, lossOf: LossOf = ({ loss }) => loss) {
    this.#front = front
    this.#maxDrop = maxDrop
    this.#dropPerLoss = perLoss
    this.#lossOf = lossOf
  }

  expectedDrop(each: BuiltCandidate): number {
    return this.#lossOf(each) * this.#dropPerLoss
  }

  /** The fastest that is expected to keep the metric, of those built with all effort if there is one; undefined: none is. */
  first(): BuiltCandidate | undefined {
    const kept = this.#front.filter((each) => this.expectedDrop(each) <= this.#maxDrop)
    return kept.find(({ rung }) => rung === 'full') ?? kept[0]
  }

  /** After one turned out to drop by so much on data that the search has not seen: the fastest that is expected to keep it then. */
  after(failed: BuiltCandidate, drop: number): BuiltCandidate | undefined {
    const lost = this.#lossOf(failed)
    const perLoss = drop / Math.max(lost, Number.EPSILON)
    return this.#front.find((each) => this.#lossOf(each) < lost && this.#lossOf(each) * perLoss <= this.#maxDrop)
  }
}
