import type { Landscape } from '../../estimator/landscape.js'
import type { KernelMetrics, Metrics } from '../../estimator/metrics.js'
import type { ModelProfile } from '../model-profile.js'
import type { Report, TargetEntry } from '../report.js'

/** What the views of metrics show: a model on a target as it is, or two states of it to compare. */
export interface Subject {
  readonly target: TargetEntry
  /** One or two; the last one is what there is now. */
  readonly sides: readonly Side[]
  readonly rows: readonly KernelRow[]
  readonly landscape: Landscape | null
}

export interface Side {
  readonly title: string
  /** Of the style sheet. */
  readonly color: 'before' | 'after'
  readonly metrics: Metrics
}

/** Kernels that do the same work, and the time of all of them, by side. */
export interface KernelRow {
  readonly kernels: readonly (readonly KernelMetrics[])[]
  readonly latencyMs: readonly number[]
}

export const comparedSubject = ({ target, before, after, kernelMatches, landscape }: Report): Subject => ({
  target,
  landscape,
  sides: [
    { title: 'before', color: 'before', metrics: before },
    { title: 'after', color: 'after', metrics: after },
  ],
  rows: kernelMatches.map((match) => ({
    kernels: [match.before.map((i) => before.kernels[i]!), match.after.map((i) => after.kernels[i]!)],
    latencyMs: match.latencyMs,
  })),
})

export const profiledSubject = ({ target, metrics, landscape }: ModelProfile): Subject => ({
  target,
  landscape,
  sides: [{ title: 'as it is', color: 'after', metrics }],
  rows: metrics.kernels.map((kernel) => ({ kernels: [[kernel]], latencyMs: [kernel.latencyMs] })),
})

/** What there is now. */
export const lastSide = ({ sides }: Subject): Side => sides.at(-1)!

/** `before and after`; nothing to add where there is one side. */
export const sidesText = ({ sides }: Subject): string =>
  sides.length === 1 ? '' : ` ${sides.map(({ title }) => title).join(' and ')}`
