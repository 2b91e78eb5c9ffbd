import type { KernelShape } from '../hw/shape.js'
import { fitSteps, type StepFit } from './step-likelihood.js'
import { type Arrangement, arrangements, type DenseRows, denseRows, StepLogs } from './step-model.js'

/**
 * Channels an array takes at once: latency steps at their multiples. 1: latency grows with every channel, as along the
 * input channels of an output-stationary array.
 */
export interface Parallelism {
  readonly input: number
  readonly output: number
}

/** More lanes than this are not looked for. */
const mostLanes = 256

/** Rows that are looked at, in the coarse and in the fine search. */
const coarseRows = 300
const fineRows = 4000
const leastRows = 150

/** A row agrees with a hypothesis within this much of the logarithm; measurements repeat within 1 to 2 %. */
const tolerance = 0.035

/** A kernel may take longer than its steps (memory), never less: what does counts against a hypothesis. */
const penalty = 2

/** How far from a summit the lanes may be, on each axis. */
const nearby = 3

/**
 * What a hypothesis must show. Chips whose tiles change from shape to shape (GPUs, CPUs) fail: what lies near the best
 * curve is spread evenly rather than within the noise of a measurement, and some kernels are faster than the curve.
 */
const limits = { mostNoise: 0.033, mostShorter: 0.002, leastShare: 0.08 }

const isConvincing = ({ noise, shorterShare, share }: StepFit): boolean =>
  noise < limits.mostNoise && shorterShare < limits.mostShorter && share > limits.leastShare

/** Parts of the shortest latency that are tried as the overhead of a kernel. */
const overheadParts = [1, 0.9, 0.5, 0]

interface Hypothesis {
  readonly arrangement: Arrangement
  /** Milliseconds that every kernel takes. */
  readonly overhead: number
  readonly a: number
  readonly b: number
  /** Rows that agree, less the penalty of those that are too fast. */
  readonly score: number
  /** Of the rows that agree. */
  readonly msPerStep: number
}

/**
 * Lanes along input and output channels from measured latencies. Each hypothesis (arrangement of the array, lanes a x b)
 * says how many steps a kernel takes; for the right one all kernels that are bound by computing take the same time a
 * step, and no kernel takes less. The hypothesis on which most rows agree wins. undefined: too few dense kernels, or
 * latency has no steps.
 */
export function findParallelism(
  rows: readonly (KernelShape & { readonly latencyMs: number })[],
): Parallelism | undefined {
  const dense = denseRows(rows, fineRows)
  if (dense.count < leastRows) return undefined
  const best = likeliest(dense, refined(dense, coarse(dense.part(coarseRows))))
  if (best === undefined) return undefined
  const { input, output } = best.arrangement.lanes(best.a, best.b)
  return input === 1 && output === 1 ? undefined : { input, output }
}

type Fitted = Pick<Hypothesis, 'arrangement' | 'a' | 'b'> & { readonly fit: StepFit }

/** From each summit to the most likely lanes near it, on all rows that no memory bounds; the most likely that convinces. */
function likeliest(rows: DenseRows, starts: readonly Hypothesis[]): Fitted | undefined {
  let best: Fitted | undefined
  for (const { arrangement, a, b, overhead, msPerStep } of starts) {
    const kept = rows.belowRoofs(overhead)
    const logs = new StepLogs(kept, arrangement)
    const fit = fitSteps(kept, logs, [a, b], { overheadMs: overhead, msPerStep, noise: tolerance / 2 })
    let at: Fitted = { arrangement, a, b, fit }
    for (let isBetter = true; isBetter; ) {
      isBetter = false
      const { a: fromA, b: fromB, fit: from } = at
      for (let nextA = Math.max(1, fromA - nearby); nextA <= Math.min(mostLanes, fromA + nearby); nextA++) {
        for (let nextB = Math.max(1, fromB - nearby); nextB <= Math.min(mostLanes, fromB + nearby); nextB++) {
          const next = fitSteps(kept, logs, [nextA, nextB], from)
          if (next.logLikelihood <= at.fit.logLikelihood + 1e-6) continue
          at = { arrangement, a: nextA, b: nextB, fit: next }
          isBetter = true
        }
      }
    }
    const isBest = best === undefined || at.fit.logLikelihood > best.fit.logLikelihood
    if (isBest && isConvincing(at.fit)) best = at
  }
  return best
}

/** Every number up to 32, then steps of 4 %. */
function coarseLanes(most: number): number[] {
  const list: number[] = []
  for (let lanes = 1; lanes <= most; lanes = Math.max(lanes + 1, Math.round(lanes * 1.04))) list.push(lanes)
  return list
}

/** The best few hypotheses of each arrangement. */
function coarse(rows: DenseRows): Hypothesis[] {
  const found: Hypothesis[] = []
  for (const arrangement of arrangements) {
    const ofArrangement: Hypothesis[] = []
    for (const part of overheadParts) {
      const overhead = part * rows.shortestMs
      const { score, extents } = scorer(rows, arrangement, overhead)
      // Beyond half the largest extent there would be too few steps to see.
      const most = (extent: number) => Math.max(1, Math.min(mostLanes, Math.floor(extent / 2)))
      const [extentA, extentB] = extents
      for (const a of coarseLanes(most(extentA))) {
        for (const b of coarseLanes(most(extentB))) {
          ofArrangement.push({ arrangement, overhead, a, b, ...score(a, b) })
        }
      }
    }
    ofArrangement.sort((left, right) => right.score - left.score)
    found.push(...ofArrangement.slice(0, 6))
  }
  return found
}

/** Climbs from each start to the best lanes on all rows, one axis at a time; two summits of each arrangement. */
function refined(rows: DenseRows, starts: readonly Hypothesis[]): Hypothesis[] {
  const summits = new Map<string, Hypothesis>()
  for (const start of starts) {
    const { score } = scorer(rows, start.arrangement, start.overhead)
    let at: Hypothesis = { ...start, ...score(start.a, start.b) }
    for (let isBetter = true; isBetter; ) {
      isBetter = false
      for (const axis of ['a', 'b'] as const) {
        const reach = Math.max(4, Math.round(at[axis] * 0.06))
        for (let lanes = Math.max(1, at[axis] - reach); lanes <= Math.min(mostLanes, at[axis] + reach); lanes++) {
          const next = { ...at, [axis]: lanes }
          const judged = score(next.a, next.b)
          if (judged.score > at.score) {
            at = { ...next, ...judged }
            isBetter = true
          }
        }
      }
    }
    summits.set(`${at.arrangement.name}/${at.a}/${at.b}`, at)
  }
  const sorted = [...summits.values()].sort((left, right) => right.score - left.score)
  return arrangements.flatMap((arrangement) => sorted.filter((each) => each.arrangement === arrangement).slice(0, 2))
}

/** Histogram of log time a step, in cells of half the tolerance. */
const cell = tolerance / 2
const windowCells = 4

/** No step is shorter than this logarithm of milliseconds. */
const lowestLog = -50

function scorer(
  rows: DenseRows,
  arrangement: Arrangement,
  overhead: number,
): {
  readonly score: (a: number, b: number) => Pick<Hypothesis, 'score' | 'msPerStep'>
  readonly extents: StepLogs['extents']
} {
  const kept = rows.computing(overhead)
  const { count } = kept
  const times = new Float64Array(count)
  for (let i = 0; i < count; i++) times[i] = Math.log(kept.latencyMs[i]! - overhead)
  const cells = new Int32Array(4096)
  const steps = new Float64Array(count)
  const logs = new StepLogs(kept, arrangement)
  const score = (a: number, b: number) => {
    logs.into(a, b, steps)
    cells.fill(0)
    let low = Number.POSITIVE_INFINITY
    let high = 0
    for (let i = 0; i < count; i++) {
      const at = Math.min(4095, Math.max(0, Math.round((times[i]! - steps[i]! - lowestLog) / cell)))
      cells[at]! += 1
      if (at < low) low = at
      if (at > high) high = at
    }
    let inside = 0
    let below = 0
    let best = Number.NEGATIVE_INFINITY
    let bestAt = 0
    for (let at = low; at <= high; at++) {
      inside += cells[at]!
      if (at - windowCells >= low) {
        inside -= cells[at - windowCells]!
        below += cells[at - windowCells]!
      }
      if (inside - penalty * below > best) {
        best = inside - penalty * below
        bestAt = at
      }
    }
    return { score: best, msPerStep: Math.exp(lowestLog + cell * (bestAt - (windowCells - 1) / 2)) }
  }
  return { score, extents: logs.extents }
}
