import type { Candidate } from '../../estimator/memo-table.js'
import type { Evaluator } from '../evaluator.js'
import type { OpenedSpace } from '../open-space.js'
import type { TrajectoryPoint } from '../request.js'
import { recipeOf } from '../space/candidate-recipe.js'
import { keyOf } from '../space/space.js'
import { dropPerLoss } from './ladder.js'
import { Lanes } from './lanes.js'
import { type BuiltCandidate, dropIn, lossIn, type Rung } from './measured.js'

/** By rung. */
export type Evaluators = Readonly<Record<'brief' | 'full', Evaluator>> & { readonly inherited?: Evaluator | undefined }

export interface WorkshopOptions {
  readonly opened: OpenedSpace
  /** `inherited`: where weights of single options are there to be inherited. */
  readonly evaluators: Evaluators
  /** What the metric may drop by. */
  readonly maxDrop: number
  /** Ends the work between two candidates; what is built by then counts. */
  readonly stop?: AbortSignal | undefined
  readonly onBuilt?: ((built: BuiltCandidate, best: BuiltCandidate | undefined, count: number) => void) | undefined
}

/** Builds candidates and remembers them: the same one is built once at each rung. */
export class Workshop {
  readonly #options: WorkshopOptions
  readonly #asked = new Map<string, Promise<BuiltCandidate | undefined>>()
  readonly #built: BuiltCandidate[] = []
  readonly #lanes = new Map<Evaluator, Lanes>()
  /** Of what was asked for last: results are noted in the order asked for. */
  #noted: Promise<unknown> = Promise.resolve()
  readonly trajectory: TrajectoryPoint[] = []
  /** The fastest that keeps the metric, by what is known of each candidate at its highest rung. */
  #best: BuiltCandidate | undefined

  constructor(options: WorkshopOptions) {
    this.#options = options
  }

  /** All that was built, in order. */
  get built(): readonly BuiltCandidate[] {
    return this.#built
  }

  /** Those that were fitted themselves. */
  get fits(): readonly BuiltCandidate[] {
    return this.#built.filter(({ rung }) => rung !== 'inherited')
  }

  /** Of every candidate that was fitted itself what its highest rung says. */
  latest(): BuiltCandidate[] {
    return [...new Map(this.fits.map((each) => [keyOf(each.candidate), each])).values()]
  }

  get isStopped(): boolean {
    return this.#options.stop?.aborted === true
  }

  /**
   * As many side by side as the evaluator has lanes; what is found does not depend on how many. In the order asked for; undefined
   * for those that the model declines, and for those that are left when the work is stopped.
   */
  buildAll(candidates: readonly Candidate[], rung: Rung): Promise<(BuiltCandidate | undefined)[]> {
    return Promise.all(candidates.map((candidate) => this.build(candidate, rung)))
  }

  /** Whether it was asked for already. */
  has(candidate: Candidate, rung: Rung): boolean {
    return this.#asked.has(`${rung} ${keyOf(candidate)}`)
  }

  /** Waits for a lane, and for all that was asked for before. */
  build(candidate: Candidate, rung: Rung): Promise<BuiltCandidate | undefined> {
    const place = `${rung} ${keyOf(candidate)}`
    const known = this.#asked.get(place)
    if (known !== undefined) return known
    const before = this.#noted
    const result = this.#lanesOf(rung).run(async () => (this.isStopped ? undefined : this.#evaluated(candidate, rung)))
    const noted = Promise.all([result, before]).then(([built]) => {
      if (built !== undefined) this.#note(built)
      return built
    })
    this.#noted = noted
    this.#asked.set(place, noted)
    return noted
  }

  #lanesOf(rung: Rung): Lanes {
    const evaluator = this.#evaluatorOf(rung)
    const lanes = this.#lanes.get(evaluator) ?? new Lanes(evaluator.lanes)
    this.#lanes.set(evaluator, lanes)
    return lanes
  }

  #evaluatorOf(rung: Rung): Evaluator {
    const evaluator = this.#options.evaluators[rung]
    if (evaluator === undefined) throw new Error(`nothing evaluates candidates ${rung}`)
    return evaluator
  }

  async #evaluated(candidate: Candidate, rung: Rung): Promise<BuiltCandidate | undefined> {
    const { opened } = this.#options
    const evaluation = await this.#evaluatorOf(rung).evaluate(recipeOf(opened.space, candidate))
    if (!('fidelity' in evaluation)) return undefined
    const { fidelity } = evaluation
    return { ...opened.table.score(candidate), candidate, rung, loss: lossIn(fidelity), drop: dropIn(fidelity) }
  }

  #note(built: BuiltCandidate): void {
    const { maxDrop, onBuilt } = this.#options
    this.#built.push(built)
    const before = this.#best
    const mostLoss = maxDrop / dropPerLoss(this.fits)
    this.#best = this.latest()
      .filter(({ loss }) => loss <= mostLoss)
      .sort((a, b) => a.latencyMs - b.latencyMs)[0]
    if (this.#best !== undefined && this.#best !== before)
      this.trajectory.push({
        evaluations: this.#built.length,
        latencyMs: this.#best.latencyMs,
        loss: this.#best.loss,
      })
    onBuilt?.(built, this.#best, this.#built.length)
  }
}
