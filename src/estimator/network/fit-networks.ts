import { averagingWeights, logLikelihood } from '../calibrate/averaging.js'
import { conformalQuantile, median } from '../fit/statistics.js'
import { type CostPrior, dot, fitAdditive, leastCounted } from './additive.js'
import type { NetworkSample } from './family.js'

/** Costs of one proxy device for each view of a family: what a fit for another device starts from. */
export interface ProxyCosts {
  readonly name: string
  /** Place of the device in `NetworkSample.proxies`. */
  readonly index: number
  /** One list of costs a view, in milliseconds. */
  readonly costs: readonly (readonly number[])[]
}

/** What a fit to whole networks may use. */
export interface NetworkFitOptions {
  /** Names of the family's views, in the order of `NetworkSample.views`; the likeliest first. */
  readonly views: readonly string[]
  readonly proxies?: readonly ProxyCosts[]
}

/** A latency predictor of whole networks: data without code. Its latency is the weighted mean of its members'. */
export interface NetworkModel {
  readonly members: readonly NetworkMember[]
  readonly leastMs: number
  readonly samples: number
  /** Median absolute logarithm of measured over predicted, of each candidate on samples left out. */
  readonly candidates: Readonly<Record<string, number>>
  /** Half the 90 % interval of the logarithm. */
  readonly halfWidth: number
}

export interface NetworkMember {
  /** How it was fitted, in words. */
  readonly method: string
  /** Which view of the family it counts with. */
  readonly view: number
  /** Reads the latency off another device instead of counting work; null: it counts. */
  readonly proxy: number | null
  /** Milliseconds a unit of each feature; of a reader [offset, milliseconds a millisecond of the proxy]. */
  readonly costs: readonly number[]
  /** All members' sum to 1. */
  readonly weight: number
}

/** Latency of a network, and its 90 % interval. */
export interface NetworkPrediction {
  readonly latencyMs: number
  readonly lowMs: number
  readonly highMs: number
}

/** Costs of proxy devices, fitted to a pool of networks that they were measured on; the target device need not know them. */
export function proxyCosts(pool: readonly NetworkSample[], names: readonly string[]): ProxyCosts[] {
  return names.map((name, index) => {
    const known = pool.filter(({ proxies }) => proxies[index]! > 0)
    const latencies = known.map(({ proxies }) => proxies[index]!)
    const views = pool[0]?.views ?? []
    const costs = views.map((_, view) => [
      ...fitAdditive(
        known.map((sample) => sample.views[view]!),
        latencies,
      ),
    ])
    return { name, index, costs }
  })
}

/** How many samples a proxy's proportions may be worth. */
const strengths = [0.03, 0.1, 0.3] as const

/** With fewer samples every one is left out by itself. */
const mostFolds = 20

interface Candidate {
  readonly name: string
  readonly view: number
  readonly proxy: number | null
  readonly row: (sample: NetworkSample) => ArrayLike<number>
  readonly prior: CostPrior | undefined
  /** How likely it is before any sample is seen, relative to the others. */
  readonly belief: number
}

/** Of candidates that do not count what is executed: a handful of samples must not be enough to prefer one by luck. */
const unlikely = 0.02

/**
 * Latency of whole networks from a few measured ones. Candidates are sums of costs over each view, alone or leaning on the
 * proportions of a proxy device, and each proxy's own latency on a line. They are averaged by their
 * likelihood on samples left out.
 */
export function fitNetworks(
  samples: readonly NetworkSample[],
  latenciesMs: readonly number[],
  options: NetworkFitOptions,
): NetworkModel {
  const bad = latenciesMs.findIndex((latency) => !(latency > 0 && Number.isFinite(latency)))
  if (bad >= 0) throw new RangeError(`sample ${bad}: latency ${latenciesMs[bad]} ms`)
  if (samples.length < 2) throw new RangeError(`${samples.length} samples; at least 2 are needed`)
  const leastMs = leastCounted(latenciesMs)
  const tried = candidatesOf(samples, options).map((candidate) => {
    const predictions = leftOut(candidate, samples, latenciesMs)
    const residuals = predictions.map((predicted, i) => logRatio(latenciesMs[i]!, predicted, leastMs))
    const likelihood = logLikelihood(residuals) + Math.log(candidate.belief)
    return { candidate, predictions, usual: median(residuals.map(Math.abs)), likelihood }
  })
  const weights = averagingWeights(tried.map(({ likelihood }) => likelihood))
  const members = tried.flatMap(({ candidate: { name, view, proxy, row, prior } }, c) => {
    const weight = weights[c]!
    if (weight === 0) return []
    return [{ method: name, view, proxy, costs: [...fitAdditive(samples.map(row), latenciesMs, prior)], weight }]
  })
  const residuals = latenciesMs.map((latency, i) => {
    const predicted = tried.reduce((sum, { predictions }, c) => sum + predictions[i]! * weights[c]!, 0)
    return Math.abs(logRatio(latency, predicted, leastMs))
  })
  return {
    members,
    leastMs,
    samples: samples.length,
    candidates: Object.fromEntries(tried.map(({ candidate, usual }) => [candidate.name, usual])),
    halfWidth: conformalQuantile(residuals.sort((a, b) => a - b)),
  }
}

/** Latency of a network that was not measured. */
export function predictNetwork(
  { members, leastMs, halfWidth }: NetworkModel,
  sample: NetworkSample,
): NetworkPrediction {
  let latencyMs = 0
  for (const { view, proxy, costs, weight } of members) {
    const row = proxy === null ? sample.views[view]! : proxyRow(sample, proxy)
    latencyMs += weight * milliseconds(dot(row, costs), leastMs)
  }
  const width = Math.exp(halfWidth)
  return { latencyMs, lowMs: latencyMs / width, highMs: latencyMs * width }
}

/** Below `leastMs` both count as that. */
const logRatio = (measured: number, predicted: number, leastMs: number): number =>
  Math.log(Math.max(leastMs, measured) / Math.max(leastMs, predicted))

/** Something runs even where no counted work is left: never zero. */
const milliseconds = (sum: number, leastMs: number): number => Math.max(sum, leastMs / 100)

const proxyRow = ({ proxies }: NetworkSample, proxy: number): number[] => [1, proxies[proxy]!]

function candidatesOf(samples: readonly NetworkSample[], { views, proxies = [] }: NetworkFitOptions): Candidate[] {
  const candidates: Candidate[] = []
  for (const [view, name] of views.entries()) {
    const row = (sample: NetworkSample) => sample.views[view]!
    const belief = view === 0 ? 1 : unlikely
    candidates.push({ name, view, proxy: null, row, prior: undefined, belief })
    for (const proxy of proxies) {
      for (const strength of strengths) {
        const prior = { costs: proxy.costs[view]!, strength }
        candidates.push({ name: `${name}, ${strength} like ${proxy.name}`, view, proxy: null, row, prior, belief })
      }
    }
  }
  for (const { name, index } of proxies) {
    if (!samples.every((sample) => sample.proxies[index]! > 0)) continue
    const row = (sample: NetworkSample) => proxyRow(sample, index)
    candidates.push({ name: `line on ${name}`, view: 0, proxy: index, row, prior: undefined, belief: unlikely })
  }
  return candidates
}

/** Milliseconds of each sample by a fit that had not seen it. */
function leftOut(
  { row, prior }: Candidate,
  samples: readonly NetworkSample[],
  latenciesMs: readonly number[],
): number[] {
  const rows = samples.map(row)
  const folds = Math.min(samples.length, mostFolds)
  const leastMs = leastCounted(latenciesMs)
  const predictions = new Array<number>(samples.length)
  for (let fold = 0; fold < folds; fold++) {
    const isTrain = (_: unknown, i: number) => i % folds !== fold
    const costs = fitAdditive(rows.filter(isTrain), latenciesMs.filter(isTrain), prior)
    for (let i = fold; i < rows.length; i += folds) predictions[i] = milliseconds(dot(rows[i]!, costs), leastMs)
  }
  return predictions
}
