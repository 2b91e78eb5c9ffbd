/** What a search did. `none`: nothing was searched, and there is nothing else to say. */
export interface SearchEntry {
  readonly algorithm: string
  readonly findings?: SearchFindings
}

export interface SearchFindings {
  /** Candidates scored. */
  readonly evaluations: number
  /** What candidates lose, as the search took it: the name of the measure, `noise of decisions` or `drop of top-1`. */
  readonly loss: string
  /** The original among them. No candidate of the front is as fast and loses as little as another. */
  readonly front: readonly SearchedCandidate[]
  /** Index into the front; null: nothing fits the budgets. */
  readonly chosen: number | null
  /** Some of the others, for the picture. */
  readonly dominated: readonly SearchedCandidate[]
  /** Best so far, whenever it became better. */
  readonly trajectory: readonly SearchStep[]
}

export interface SearchedCandidate {
  readonly latencyMs: number
  readonly loss: number
  readonly energyMj: number
  readonly peakActivationBytes: number
  readonly weightBytes: number
  /** What is different from the original, in words. */
  readonly decisions: readonly string[]
}

export interface SearchStep {
  readonly evaluation: number
  readonly latencyMs: number
  readonly loss: number
}
