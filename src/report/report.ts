import type { AccuracyComparison } from '../accuracy/compare-models.js'
import type { Landscape } from '../estimator/landscape.js'
import type { Metrics } from '../estimator/metrics.js'
import type { EstimatorStanding } from '../estimator/standing.js'
import type { Ceilings } from '../hw/ceilings.js'
import type { Decision } from '../passes/architecture/decision.js'
import type { PassKind } from '../passes/define.js'
import type { ChangedPlaces } from './changed-places.js'
import type { KernelMatch } from './kernel-matches.js'
import type { SearchEntry } from './search-entry.js'

/** The result record of one model, version 1. Every view (terminal, Markdown, diff) shows this and computes no figure of its own. */
export interface Report {
  readonly reportVersion: 1
  readonly tool: { readonly name: string; readonly version: string }
  readonly model: ModelFacts & { readonly opsets: Readonly<Record<string, number>> }
  /** null: nothing was emitted. */
  readonly result: ModelFacts | null
  readonly target: TargetEntry
  readonly before: Metrics
  readonly after: Metrics
  /** Which kernels became which. */
  readonly kernelMatches: readonly KernelMatch[]
  /** Of the original's slowest dense layer; null: it has none. */
  readonly landscape: Landscape | null
  /** Where the graph changed. */
  readonly changes: ChangedPlaces
  readonly passes: readonly PassEntry[]
  /** Architecture decisions in the order they were applied; empty for exact passes alone. */
  readonly decisions: readonly DecisionEntry[]
  readonly search: SearchEntry
  readonly verification: VerificationEntry
  /** Accuracy on a data set; null without one. */
  readonly accuracy: AccuracyEntry | null
  readonly warnings: readonly string[]
  /** Seconds by stage. */
  readonly timing: Readonly<Record<string, number>>
}

/** The target as a report has it. */
export interface TargetEntry {
  readonly name: string
  readonly kind: string
  readonly provenance: string
  /** null: the target's description says nothing of them. */
  readonly ceilings: Ceilings | null
  readonly estimator: EstimatorStanding
}

/** A model file: where it is, its digest (hex), and how large it is. */
export interface ModelFacts {
  readonly file: string
  readonly sha256: string
  /** The file and its external data. */
  readonly bytes: number
  /** Over all subgraphs and functions, Constant nodes included. */
  readonly nodes: number
  readonly parameters: number
}

/** How often a pass fired, and what it declined and why. */
export interface PassEntry {
  readonly name: string
  readonly kind: PassKind
  readonly fired: number
  readonly skipped: readonly {
    readonly reason: string
    readonly count: number
    readonly example?: string
    readonly remedy?: string
  }[]
}

/** One decision of a recipe: what it changed, and what that was worth and cost. */
export interface DecisionEntry {
  /** As the recipe has it. */
  readonly decision: Decision
  /** The block, group or input it is about: index or size, and name. */
  readonly place: string
  /** What was there, and what is there now. */
  readonly from: string
  readonly to: string
  /** Labels of nodes that went and came. */
  readonly removed: readonly string[]
  readonly added: readonly string[]
  readonly kind: PassKind
  /** Why it is of that kind. */
  readonly why: string
  /** Of the whole model, with the decisions before it applied; by the target's rules. */
  readonly before: DecisionFigures
  readonly after: DecisionFigures
  /** Against the original, weights refitted; null: not measured. */
  readonly fidelity: FidelityEntry | null
  /** The refitted layer that is hardest to solve for; null: nothing was refitted. */
  readonly fit: FitEntry | null
}

export interface DecisionFigures {
  readonly latencyMs: number
  readonly macs: number
  readonly parameters: number
  readonly peakActivationBytes: number
}

export interface FidelityEntry {
  /** Values of the original at which it is measured: the block's output, or what reads the group. */
  readonly at: readonly string[]
  /** Noise to signal: mean squared error over variance of the original; mean over the values. */
  readonly nsr: number
}

export interface FitEntry {
  readonly layer: string
  /** Ridge over the mean diagonal of the Gram matrix. */
  readonly regularisation: number
  /** Condition number of the regularised Gram matrix. */
  readonly conditioning: number
}

/** What a report says of the proof: the result against the original, on the same inputs. */
export interface VerificationEntry {
  readonly verdict: 'agrees' | 'differs' | 'unverified' | 'skipped'
  readonly reason?: string
  readonly outputs: readonly OutputComparison[]
}

export interface OutputComparison {
  readonly name: string
  readonly maxAbs: number
  readonly maxRel: number
  readonly cosine: number
  /** null where the difference is zero: infinitely many dB. */
  readonly sqnrDb: number | null
}

/** Original and result on one data set; drops are of the metric that the gate looks at, intervals hold 95 %. */
export type AccuracyEntry = AccuracyComparison
