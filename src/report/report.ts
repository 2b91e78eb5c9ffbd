import type { AccuracyComparison } from '../accuracy/compare-models.js'
import type { Metrics } from '../estimator/metrics.js'
import type { PassKind } from '../passes/define.js'

/** The result record of one model, version 1. Every view (terminal, Markdown, diff) shows this and computes no figure of its own. */
export interface Report {
  readonly reportVersion: 1
  readonly tool: { readonly name: string; readonly version: string }
  readonly model: ModelFacts & { readonly opsets: Readonly<Record<string, number>> }
  /** null: nothing was emitted. */
  readonly result: ModelFacts | null
  readonly target: { readonly name: string; readonly kind: string; readonly provenance: string }
  readonly before: Metrics
  readonly after: Metrics
  readonly passes: readonly PassEntry[]
  /** Architecture decisions; empty for exact passes alone. */
  readonly decisions: readonly unknown[]
  readonly search: { readonly algorithm: string }
  readonly verification: VerificationEntry
  /** Accuracy on a data set; null without one. */
  readonly accuracy: AccuracyEntry | null
  readonly warnings: readonly string[]
  /** Seconds by stage. */
  readonly timing: Readonly<Record<string, number>>
}

export interface ModelFacts {
  readonly file: string
  readonly sha256: string
  /** The file and its external data. */
  readonly bytes: number
  /** Over all subgraphs and functions, Constant nodes included. */
  readonly nodes: number
  readonly parameters: number
}

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
