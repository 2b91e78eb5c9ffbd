import type { Metrics } from '../estimator/metrics.js'
import type { Area } from '../hw/area.js'
import type { Target } from '../hw/target.js'

/** Models on several targets: figures of each, and how the targets rank over all of them. */
export interface Comparison {
  readonly comparisonVersion: 1
  readonly targets: readonly ComparedTarget[]
  readonly models: readonly ComparedModel[]
  /** Models that could not be read or estimated. */
  readonly failed: readonly { readonly file: string; readonly error: string }[]
  /** Fastest first. */
  readonly ranking: readonly RankedTarget[]
}

export interface ComparedTarget {
  /** Its name; the file, where two have the same name. */
  readonly name: string
  readonly kind: Target['kind']
  /** null: it does not say what it is made of. */
  readonly area: Area | null
}

export interface ComparedModel {
  readonly file: string
  /** In the order of the targets. */
  readonly results: readonly ModelFigures[]
}

/** One model on one target. */
export interface ModelFigures extends Omit<Metrics, 'kernels' | 'assumptions'> {
  /** Useful MACs over what the array could do in that time; null: the target does not tell. */
  readonly utilisation: number | null
  readonly kernels: number
  /** Kernels that the target leaves to its host, and their part of the latency. */
  readonly hostKernels: number
  readonly hostShare: number
  /** Parts of the latency in kernels that each of these bounds. */
  readonly boundShares: Readonly<Record<'compute' | 'memory' | 'overhead', number>>
  readonly assumptions: readonly string[]
}

/** A target over all models. Ratios are geometric means of its figure over the best target's, model by model. */
export interface RankedTarget {
  readonly name: string
  readonly latencyRatio: number
  readonly energyRatio: number
  /** Mean over the models; null: the target does not tell. */
  readonly utilisation: number | null
  readonly area: Area | null
  /** Latency x area over the best target's; null without an area. */
  readonly latencyAreaRatio: number | null
}

/** A model's figures from the metrics of its kernels. */
export function figuresOf({ kernels, assumptions, ...totals }: Metrics): ModelFigures {
  const time = (of: (kernel: Metrics['kernels'][number]) => boolean | number) =>
    kernels.reduce((sum, kernel) => sum + kernel.latencyMs * Number(of(kernel)), 0)
  const share = (of: (kernel: Metrics['kernels'][number]) => boolean | number) =>
    totals.latencyMs === 0 ? 0 : time(of) / totals.latencyMs
  const tells = kernels.some(({ unit }) => unit !== undefined)
  return {
    ...totals,
    utilisation: tells ? share(({ utilisation }) => utilisation) : null,
    kernels: kernels.length,
    hostKernels: kernels.filter(({ unit }) => unit === 'host').length,
    hostShare: share(({ unit }) => unit === 'host'),
    boundShares: {
      compute: share(({ bound }) => bound === 'compute'),
      memory: share(({ bound }) => bound === 'memory'),
      overhead: share(({ bound }) => bound === 'overhead'),
    },
    assumptions,
  }
}

/** Targets over a set of models, fastest first; equal ones keep their order. */
export function rankTargets(targets: readonly ComparedTarget[], models: readonly ComparedModel[]): RankedTarget[] {
  if (models.length === 0) return []
  const ratios = (figure: (results: ModelFigures, area: Area | null) => number | null) => {
    const logs = targets.map(() => 0)
    for (const { results } of models) {
      const values = results.map((result, i) => figure(result, targets[i]!.area))
      const best = Math.min(...values.filter((value) => value !== null))
      // A model without work takes no time anywhere: no target is better at it.
      values.forEach((value, i) => {
        logs[i]! += value === null ? Number.NaN : best === 0 ? 0 : Math.log(value / best)
      })
    }
    return logs.map((sum) => Math.exp(sum / models.length))
  }
  const latency = ratios((result) => result.latencyMs)
  const energy = ratios((result) => result.energyMj)
  const latencyArea = ratios((result, area) => (area === null ? null : result.latencyMs * area.macEquivalents))
  return targets
    .map(({ name, area }, i) => ({
      name,
      latencyRatio: latency[i]!,
      energyRatio: energy[i]!,
      utilisation: meanUtilisation(models.map(({ results }) => results[i]!.utilisation)),
      area,
      latencyAreaRatio: area === null ? null : latencyArea[i]!,
    }))
    .sort((a, b) => a.latencyRatio - b.latencyRatio)
}

function meanUtilisation(values: readonly (number | null)[]): number | null {
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return sum / values.length
}
