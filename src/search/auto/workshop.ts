import type { Candidate } from '../../estimator/memo-table.js'
import type { Evaluator } from '../evaluator.js'
import type { OpenedSpace } from '../open-space.js'
import type { TrajectoryPoint } from '../request.js'
import { recipeOf } from '../space/candidate-recipe.js'
import { keyOf } from '../space/space.js'
import { dropPerLoss } from './ladder.js'
import { type BuiltCandidate, dropIn, lossIn, type Rung } from './measured.js'

export interface WorkshopOptions {
  readonly opened: OpenedSpace
  readonly evaluators: Readonly<Record<Rung, Evaluator>>
  /** What the metric may drop by. */
  readonly maxDrop: number
  /** Ends the work between two candidates; what is built by then counts. */
  readonly stop?: AbortSignal | undefined
  readonly onBuilt?: ((built: BuiltCandidate, best: BuiltCandidate | undefined, count: number) => void) | undefined
}

/** Builds candidates and remembers them: the same one is built once at each rung. */
export class Workshop {
  readonly #options: WorkshopOptions
  readonly #built = new Map<string, BuiltCandidate>()
  readonly trajectory: TrajectoryPoint[] = []
  /** The fastest that keeps the metric, by what is known of each candidate at its highest rung. */
  #best: BuiltCandidate | undefined

  constructor(options: WorkshopOptions) {
    this.#options = options
  }

  /** All that was built, in order. */
  get built(): readonly BuiltCandidate[] {
    return [...this.#built.values()]
  }

  /** Of every candidate what its highest rung says. */
  latest(): BuiltCandidate[] {
    return [...new Map(this.built.map((each) => [keyOf(each.candidate), each])).values()]
  }

  get isStopped(): boolean {
    return this.#options.stop?.aborted === true
  }

  /**
   * As many side by side as the evaluator has lanes; what is found does not depend on how many. In the order asked for; undefined
   * for those that the model declines, and for those that are left when the work is stopped.
   */
  async buildAll(candidates: readonly Candidate[], rung: Rung): Promise<(BuiltCandidate | undefined)[]> {
    const results: { readonly built: BuiltCandidate | undefined }[] = []
    let [next, noted] = [0, 0]
    const lane = async () => {
      while (next < candidates.length && !this.isStopped) {
        const at = next++
        results[at] = { built: await this.#evaluated(candidates[at]!, rung) }
        for (; results[noted] !== undefined; noted++) this.#note(results[noted]!.built)
      }
    }
    await Promise.all(Array.from({ length: this.#options.evaluators[rung].lanes }, lane))
    return candidates.map((_, at) => results[at]?.built)
  }

  async #evaluated(candidate: Candidate, rung: Rung): Promise<BuiltCandidate | undefined> {
    const { opened, evaluators } = this.#options
    const known = this.#built.get(placeOf(candidate, rung))
    if (known !== undefined) return known
    const evaluation = await evaluators[rung].evaluate(recipeOf(opened.space, candidate))
    if (!('fidelity' in evaluation)) return undefined
    const { fidelity } = evaluation
    return { ...opened.table.score(candidate), candidate, rung, loss: lossIn(fidelity), drop: dropIn(fidelity) }
  }

  #note(built: BuiltCandidate | undefined): void {
    const { maxDrop, onBuilt } = this.#options
    if (built === undefined || this.#built.has(placeOf(built.candidate, built.rung))) return
    this.#built.set(placeOf(built.candidate, built.rung), built)
    const before = this.#best
    const mostLoss = maxDrop / dropPerLoss(this.built)
    this.#best = this.latest()
      .filter(({ loss }) => loss <= mostLoss)
      .sort((a, b) => a.latencyMs - b.latencyMs)[0]
    if (this.#best !== undefined && this.#best !== before)
      this.trajectory.push({ evaluations: this.#built.size, latencyMs: this.#best.latencyMs, loss: this.#best.loss })
    onBuilt?.(built, this.#best, this.#built.size)
  }
}

const placeOf = (candidate: Candidate, rung: Rung): string => `${rung} ${keyOf(candidate)}`
