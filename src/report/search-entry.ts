import type { Decision, RecipeOrigin } from '../passes/architecture/decision.js'

/** What a search of an architecture did. `none`: nobody searched. */
export type SearchEntry = { readonly algorithm: 'none' } | SearchedEntry

export interface SearchedEntry {
  /** `auto`, `supernet`, `multi-shot`: on data, with candidates that were built. */
  readonly algorithm: 'exact' | 'evolution' | 'auto' | 'supernet' | 'multi-shot'
  readonly seed: number
  readonly space: {
    readonly parts: readonly string[]
    readonly choices: number
    /** Decimal; there are more than a number holds. */
    readonly candidates: string
    /** Why scores are not those of the built model; null: they are. */
    readonly approximation: string | null
    /** Options that the model does not allow, by reason. */
    readonly declined: readonly {
      readonly reason: string
      readonly count: number
      readonly example: string
      readonly remedy: string
    }[]
  }
  /** In milliseconds, millijoules and bytes. */
  readonly budgets: readonly { readonly figure: string; readonly atMost: number }[]
  /** What losses are: measured, or a proxy. */
  readonly losses: { readonly source: 'measured' | 'proxy'; readonly note: string }
  readonly original: SearchPoint
  readonly best: SearchPoint
  /** Latency against loss, fastest first; a selection where there are many. */
  readonly front: readonly SearchPoint[]
  /** Of the area up to the original's latency and the front's largest loss, what the front dominates; null: it loses nothing. */
  readonly dominatedShare: number | null
  /** The best so far after so many evaluations. */
  readonly trajectory: readonly { readonly evaluations: number; readonly latencyMs: number; readonly loss: number }[]
  readonly evaluations: number
  /** Of an exact search: no candidate loses less than the bound. */
  readonly proof: { readonly bound: number; readonly gap: number } | null
  readonly reason: string | null
  /** Around the best: every choice with what its other options would come to. */
  readonly landscape: readonly SearchedChoice[]
  /** What each decision of the best brings, by estimates: the best without it. Left out: nothing is decided. */
  readonly without?: readonly ChangedPoint[]
  /** The further change that saves most for what it is expected to lose; left out: none saves any latency. */
  readonly next?: ChangedPoint
  /** Candidates that were built and run, in order; left out: none were. */
  readonly built?: readonly BuiltPoint[]
  /** What an expert asked for, in the order of the file; left out: nothing. */
  readonly expert?: readonly ExpertConstraint[]
  /** Models that share the device; left out: none. */
  readonly coResidents?: CoResidents
  /** What there was to decide on: with the decisions of the best it is a recipe that other models can begin with. */
  readonly origin?: RecipeOrigin
  /** What of a recipe the search began with; left out: there was none. */
  readonly start?: StartingPoint
}

export interface ExpertConstraint {
  readonly kind: 'pin' | 'forbid' | 'bound' | 'prefer'
  /** All of it: `pin blocks 0-4: fused`. */
  readonly constraint: string
  /** Blocks and groups that it is about and that may change. */
  readonly places: number
  /** Of the options that these places would have, how many it does not allow; of preferences, how many it weighs. */
  readonly options: number
}

export interface CoResidents {
  /** What the device has for weights and activations, and who says so. */
  readonly deviceBytes: number
  readonly source: 'target' | 'budget'
  readonly models: readonly {
    readonly file: string
    readonly weightBytes: number
    readonly peakActivationBytes: number
  }[]
  /** What follows for this model: its weights and activations together, and its weights alone. */
  readonly left: { readonly memoryBytes: number; readonly weightBytes: number }
}

export interface StartingPoint {
  /** Decisions of the recipe, and those of this model that they became. */
  readonly taken: readonly {
    readonly decision: Decision
    readonly as: Decision
    readonly by: 'name' | 'signature' | 'relative place'
  }[]
  /** Decisions that this model's space does not have. */
  readonly left: readonly { readonly decision: Decision; readonly reason: string }[]
}

/** A candidate as it was scored. */
export interface SearchPoint {
  readonly latencyMs: number
  readonly energyMj: number
  readonly weightBytes: number
  readonly peakActivationBytes: number
  /** Expected, in the words of `losses`. */
  readonly loss: number
  readonly decisions: readonly Decision[]
}

/** A candidate that was built and run; `loss` is what it lost. */
export interface BuiltPoint extends SearchPoint {
  /** With how much effort it was refitted; `inherited`: with weights that single options were fitted to. */
  readonly rung: 'inherited' | 'brief' | 'full'
  /** What the metric is expected to drop by, from samples that it was not fitted to. */
  readonly drop: number
}

/** The best with one choice decided otherwise. */
export interface ChangedPoint extends Omit<SearchPoint, 'decisions' | 'loss'> {
  /** The block, group or input. */
  readonly place: string
  readonly chosen: string
  /** What it is instead. */
  readonly option: string
  /** Expected, more than the best; null: not known. */
  readonly lossChange: number | null
}

export interface SearchedChoice {
  /** The block or the group. */
  readonly place: string
  readonly chosen: string
  /** Options that were not taken: the model with this one instead, everything else as in the best. */
  readonly others: readonly {
    readonly option: string
    readonly latencyMs: number
    /** null: nobody measured it. */
    readonly loss: number | null
    readonly why: 'ruled out' | 'not measured' | 'exceeds a budget' | 'loses more' | 'slower' | 'no better' | 'missed'
  }[]
}
