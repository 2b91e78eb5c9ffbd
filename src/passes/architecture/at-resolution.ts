import type { Decision, ResolutionDecision } from './decision.js'

/** Decisions of a recipe on sizes of images, and the others. */
export interface SplitDecisions {
  readonly resolutions: readonly ResolutionDecision[]
  readonly others: readonly Decision[]
}

/**
 * What is decided of a model at another resolution is about the model at that resolution: its layers are what others are fitted to and
 * compared with, since those of the original have values of other sizes.
 */
export function splitResolutions(decisions: readonly Decision[]): SplitDecisions {
  const resolutions: ResolutionDecision[] = []
  const others: Decision[] = []
  for (const decision of decisions) {
    if (decision.kind === 'resolution') resolutions.push(decision)
    else others.push(decision)
  }
  return { resolutions, others }
}
